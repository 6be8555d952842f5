"""Exports the small SigLIP as one graph in the layout of browser exports: model_int8.onnx with SigLIP's inputs and outputs.

In the environment of golden/vlm_exports.py:
python -m penumbra_models.siglip_export --base BASE.pt --checkpoint runs/siglip/checkpoint.pt --data data --out ../public/models/siglip-mini
"""

import argparse
from pathlib import Path

import onnx
import torch
import transformers
from tokenizers import Tokenizer, processors
from torch import Tensor, nn

from .export import fold_batch_norms, to_onnx
from .network import Vision
from .quantize import quantize
from .siglip_network import PairConfig, SmallSiglip, unit
from .vlm_export import PATCH, SIDE, save_processor, write_index
from .vlm_features import encoder


class Joint(nn.Module):
    """pixel_values [B, 3, 224, 224], normalised by 0.5 and 0.5, and input_ids [T, length] to SigLIP's four outputs."""

    def __init__(self, vision: Vision, model: SmallSiglip) -> None:
        super().__init__()
        self.vision, self.model = vision, model

    def forward(self, input_ids: Tensor, pixel_values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        grey = pixel_values.mean(dim=1, keepdim=True) * 0.5 + 0.5
        image, text = unit(self.model.pool(self.vision(grey)[0])), unit(self.model.text(input_ids))
        logits = self.model.pairs(image, text)
        return logits, logits.T, text, image


def load(checkpoint: Path) -> SmallSiglip:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = SmallSiglip(PairConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model, vision = load(args.checkpoint), encoder(args.base)
    fold_batch_norms(vision)
    (args.out / "onnx").mkdir(parents=True, exist_ok=True)
    images, texts = torch.export.Dim("image_batch_size", min=1, max=16), torch.export.Dim("text_batch_size", min=1, max=256)
    graph = to_onnx(
        Joint(vision, model).eval(), (torch.ones(3, model.c.length, dtype=torch.int64), torch.rand(2, 3, SIDE, SIDE)), ["input_ids", "pixel_values"],
        ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"], ({0: texts}, {0: images}),
    )  # fmt: skip
    onnx.save(quantize(graph, "int8"), args.out / "onnx/model_int8.onnx")
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", tokenizer.token_to_id("<eos>"))])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", add_prefix_space=True, model_max_length=model.c.length
    ).save_pretrained(args.out)
    sizes = {"hidden_size": model.c.width, "intermediate_size": 4 * model.c.width, "num_attention_heads": model.c.heads}
    text = {
        **sizes, "num_hidden_layers": model.c.layers, "vocab_size": model.c.vocabulary, "max_position_embeddings": model.c.length,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "projection_size": model.c.width,
    }  # fmt: skip
    picture = {**sizes, "num_hidden_layers": len(vision.blocks), "image_size": SIDE, "patch_size": PATCH}
    transformers.SiglipConfig(text_config=text, vision_config=picture).save_pretrained(args.out)
    save_processor(args.out)
    write_index(args.out, "siglip-mini", "Penumbra SigLIP mini", "Small dual encoder for frontal chest radiographs: scores captions.")


if __name__ == "__main__":
    main()
