"""A model of SmolVLM-256M's shape with random weights, in the folder layout of browser exports: what a tab has to hold.

In the environment of vlm_exports.py: vlm-env/bin/python golden/vlm_large.py OUT_DIR
Writes OUT_DIR with the JSON files of the library's own processors and, in onnx/, the three graphs with dynamically quantized
weights (8 bits, MatMulInteger), as published "quantized" forms are: about 300 MB. For `npm run bench -- large-vlm`; nothing of it
is kept here. One picture of 512 pixels, not cut into tiles.
"""

import sys
import tempfile
from pathlib import Path

import torch
import transformers
from families.common import NEWLINE, export, export_decoder, export_words, save_all
from families.idefics import SMOL, TilesVision
from onnxruntime.quantization import QuantType, quantize_dynamic
from vlm_exports import tokenizer_of

TILE, PATCH, SCALE = 512, 16, 4
PARTS = ("vision_encoder", "embed_tokens", "decoder_model_merged")


def main(root):
    torch.manual_seed(21)
    special = ["<unk>", "<|im_start|>", "<|im_end|>", "<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>"]
    tokenizer = tokenizer_of(special, SMOL, more=NEWLINE + "UA_")
    text = transformers.LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, head_dim=64, vocab_size=49280,
        max_position_embeddings=8192, rope_theta=100000.0, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )
    vision = transformers.SmolVLMVisionConfig(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=TILE, patch_size=PATCH
    )
    config = transformers.SmolVLMConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), scale_factor=SCALE, image_token_id=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=0,
    )
    config._attn_implementation = "eager"
    model = transformers.SmolVLMForConditionalGeneration(config).eval()
    images = transformers.Idefics3ImageProcessor(size={"longest_edge": TILE}, max_image_size={"longest_edge": TILE}, do_image_splitting=False)
    processor = transformers.Idefics3Processor(images, tokenizer, image_seq_len=(TILE // PATCH // SCALE) ** 2, chat_template=SMOL)
    onnx_dir = save_all(root, config, processor, model)
    with tempfile.TemporaryDirectory() as made:
        plain = Path(made)
        mask = torch.ones(1, 1, TILE, TILE, dtype=torch.bool)
        export(
            TilesVision(model.model), (torch.rand(1, 1, 3, TILE, TILE), mask), plain / "vision_encoder.onnx", ["pixel_values", "pixel_attention_mask"],
            ["image_features"], {"pixel_values": {0: "batch_size", 1: "num_images"}, "pixel_attention_mask": {0: "batch_size", 1: "num_images"}},
        )
        export_words(model.get_input_embeddings(), plain)
        export_decoder(model.model.text_model, model.lm_head, plain, "causal")
        for part in PARTS:
            # Products and tables alone: the runtime for the page has no convolution of whole numbers.
            quantize_dynamic(
                plain / f"{part}.onnx", onnx_dir / f"{part}_quantized.onnx", op_types_to_quantize=["MatMul", "Gather"], weight_type=QuantType.QInt8,
                extra_options={"EnableSubgraph": True},
            )
            print(part, (onnx_dir / f"{part}_quantized.onnx").stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
