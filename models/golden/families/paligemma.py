"""PaliGemma: the whole prompt is a prefix that sees itself."""

import torch
import transformers
from vlm_exports import tokenizer_of, write_json

from .common import (
    NEWLINE,
    QUESTION,
    TEXT,
    VISION,
    export,
    export_decoder,
    export_words,
    grey_picture,
    image_file,
    normalised,
    save_all,
    spread,
    vectors_of,
    Vision,
)


def write_paligemma(root):
    torch.manual_seed(12)
    special = ["<pad>", "<bos>", "<eos>", "<image>"]
    tokenizer = tokenizer_of(special, more=NEWLINE + "_")
    side, patch = 16, 4
    text = transformers.GemmaConfig(**TEXT, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    vision = transformers.SiglipVisionConfig(**VISION, image_size=side, patch_size=patch, vision_use_head=False, projection_dim=16)
    count = (side // patch) ** 2
    images = transformers.SiglipImageProcessor(size={"height": side, "width": side}, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    images.image_seq_length = count
    # The processor adds its places and segments to the vocabulary; few are needed here.
    transformers.models.paligemma.processing_paligemma.EXTRA_TOKENS = ["<loc0000>", "<seg000>"]
    transformers.PaliGemmaProcessor.tokenizer_class = "PreTrainedTokenizerFast"
    processor = transformers.PaliGemmaProcessor(images, tokenizer)
    text.vocab_size = len(tokenizer)
    text.num_image_tokens = count
    config = transformers.PaliGemmaConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=16, hidden_size=16, vocab_size=len(tokenizer), pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )
    config._attn_implementation = "eager"
    model = transformers.PaliGemmaForConditionalGeneration(config).eval()
    spread(model)
    onnx_dir = save_all(root, config, processor, model)
    export(Vision(model.model), (torch.zeros(1, 3, side, side),), onnx_dir / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "batch_size"}})
    export_words(model.get_input_embeddings(), onnx_dir)
    export_decoder(model.model.language_model, model.lm_head, onnx_dir, "prefix")
    batch = processor(images=image_file(side), text=QUESTION, return_tensors="pt")
    count = batch.input_ids.shape[1]
    # What is written stands behind the prefix, which does not see it: with keys and values kept, as the library generates.
    wide = model.double()
    vectors = vectors_of(model, tokenizer, side, batch.input_ids, lambda _: {}, lambda grey: normalised(grey, images), steps=1)
    with torch.no_grad():
        made = wide.generate(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, pixel_values=normalised(torch.tensor(grey_picture(side)).view(1, 1, side, side), images),
            max_new_tokens=6, do_sample=False, eos_token_id=-1,
        )
    write_json(root / "vectors.json", {**vectors, "generated": made[0, count:].tolist(), "prompt": tokenizer.decode(batch.input_ids[0])})
