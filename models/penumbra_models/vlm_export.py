"""Exports the small LLaVA in the folder layout of browser exports, with the operators of published ones.

In the environment of golden/vlm_exports.py:
python -m penumbra_models.vlm_export --base BASE.pt --checkpoint runs/llava/checkpoint.pt --data data --out ../public/models/llava-mini

vision_encoder_int8 (encoder and connector, weights int8 per channel), embed_tokens_int8, and the decoder by onnxruntime-genai's builder
(GroupQueryAttention with rotary inside, SkipSimplifiedLayerNormalization) with its products as MatMulNBits of 4 bits (decoder_model_merged_q4)
and of 8 (decoder_model_merged_int8). files.json lists the folder, which a web server does not.
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import onnx
import torch
import transformers
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from onnxruntime_genai.models import builder
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor, nn

from .export import fold_batch_norms, to_onnx
from .network import TOKENS, Vision
from .quantize import quantize
from .vlm_batches import IMAGE, with_image_token
from .vlm_features import encoder
from .vlm_network import LanguageConfig, SmallLlava

SIDE, PATCH = 224, 14
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}USER: {% else %}ASSISTANT: {% endif %}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %} "
    "{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
BLOCK = 32


class PictureTokens(nn.Module):
    """pixel_values [B, 3, 224, 224], normalised by 0.5 and 0.5, to image_features [B, 256, W]."""

    def __init__(self, vision: Vision, connector: nn.Module) -> None:
        super().__init__()
        self.vision, self.connector = vision, connector

    def forward(self, pixel_values: Tensor) -> Tensor:
        grey = pixel_values.mean(dim=1, keepdim=True) * 0.5 + 0.5
        return self.connector(self.vision(grey)[0])


def load(checkpoint: Path) -> SmallLlava:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = SmallLlava(LanguageConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model.eval()


def llama_config(c: LanguageConfig) -> transformers.LlamaConfig:
    return transformers.LlamaConfig(
        hidden_size=c.width, intermediate_size=c.middle, num_hidden_layers=c.layers, num_attention_heads=c.heads, num_key_value_heads=c.key_heads,
        head_dim=c.head, vocab_size=c.vocabulary, max_position_embeddings=c.longest, rope_theta=c.theta, rms_norm_eps=c.epsilon,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip


def fast_tokenizer(path: Path, template: str | None = TEMPLATE) -> transformers.PreTrainedTokenizerFast:
    tokenizer = with_image_token(Tokenizer.from_file(str(path)))
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", add_prefix_space=True)
    if template:
        fast.chat_template = template
    return fast


def decoders(model: SmallLlava, tokenizer: transformers.PreTrainedTokenizerFast) -> dict[str, onnx.ModelProto]:
    """The builder's graphs: "q4" is its own int4 form, "int8" its float graph with 8-bit products."""
    language = transformers.LlamaForCausalLM(llama_config(model.c)).eval()
    own = {k: v for k, v in model.state_dict().items() if not k.startswith("connector.")}
    language.load_state_dict(own, strict=False)
    out = {}
    for precision in ("fp32", "int4"):
        with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as built:
            language.save_pretrained(source)
            tokenizer.save_pretrained(source)
            # Level 1: activations stay float32, as gradients take them.
            builder.create_model("", source, built, precision, "cpu", source, exclude_embeds="1", int4_block_size=str(BLOCK), int4_accuracy_level="1")
            out[precision] = onnx.load(Path(built) / "model.onnx")
    wide = DefaultWeightOnlyQuantConfig(block_size=BLOCK, is_symmetric=True, accuracy_level=1, bits=8)
    quantizer = MatMulNBitsQuantizer(out.pop("fp32"), algo_config=wide)
    quantizer.process()
    return {"q4": out["int4"], "int8": quantizer.model.model}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model, vision = load(args.checkpoint), encoder(args.base)
    tokenizer = fast_tokenizer(args.data / "tokenizer.json")
    onnx_dir = args.out / "onnx"
    onnx_dir.mkdir(parents=True, exist_ok=True)
    fold_batch_norms(vision)
    batch = torch.export.Dim("batch_size", min=1, max=16)
    pictures = PictureTokens(vision, model.connector).eval()
    graphs = {"vision_encoder_int8": quantize(to_onnx(pictures, (torch.rand(2, 3, SIDE, SIDE),), ["pixel_values"], ["image_features"], ({0: batch},)), "int8")}
    table, length = model.model.embed_tokens, torch.export.Dim("sequence_length", min=1, max=model.c.longest)
    ids = torch.ones(2, 4, dtype=torch.int64)
    graphs["embed_tokens_int8"] = quantize(to_onnx(table, (ids,), ["input_ids"], ["inputs_embeds"], ({0: batch, 1: length},)), "int8")
    for precision, graph in decoders(model, tokenizer).items():
        graphs[f"decoder_model_merged_{precision}"] = graph
    for name, graph in graphs.items():
        onnx.save(graph, onnx_dir / f"{name}.onnx")
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(
            hidden_size=model.c.features, intermediate_size=4 * model.c.features, num_hidden_layers=len(vision.blocks), num_attention_heads=4, image_size=SIDE, patch_size=PATCH
        ),
        text_config=llama_config(model.c), image_token_index=tokenizer.convert_tokens_to_ids(IMAGE), image_seq_length=TOKENS,
        vision_feature_layer=-1, vision_feature_select_strategy="full",
    )  # fmt: skip
    config.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    save_processor(args.out)
    transformers.GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0, max_new_tokens=80).save_pretrained(args.out)
    write_index(args.out, "llava-mini", "Penumbra LLaVA mini", "Small vision-language model for frontal chest radiographs: image encoder, connector and Llama-like decoder.")


def save_processor(folder: Path) -> None:
    """The shorter side to 224 by area, the centre square, and 0.5 and 0.5 for every channel: as the lab gives pictures to its models."""
    side = {"height": SIDE, "width": SIDE}
    transformers.CLIPImageProcessor(
        size={"shortest_edge": SIDE}, crop_size=side, image_mean=[0.5] * 3, image_std=[0.5] * 3, resample=Image.Resampling.BOX
    ).save_pretrained(folder)


def write_index(folder: Path, identifier: str, name: str, description: str) -> None:
    """files.json: what a page must know of the folder before it loads anything of it."""
    index = folder / "files.json"
    members = sorted(p for p in folder.rglob("*") if p.is_file() and p != index and p.suffix not in (".md",) and p.name != "evaluation.json")
    files = [{"path": p.relative_to(folder).as_posix(), "bytes": p.stat().st_size, "sha256": hashlib.sha256(p.read_bytes()).hexdigest()} for p in members]
    index.write_text(json.dumps({"id": identifier, "name": name, "description": description, "files": files}, indent=1) + "\n")


if __name__ == "__main__":
    main()
