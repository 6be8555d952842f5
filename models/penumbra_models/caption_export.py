"""Exports the captioner in the folder layout of browser exports: encoder_model and decoder_model_merged with past_key_values, weights int8.

In the environment of golden/vlm_exports.py:
python -m penumbra_models.caption_export --checkpoint runs/caption-none/checkpoint.pt --data data --out ../public/models/captioner-mini

The decoder goes through transformers' GPT2LMHeadModel and optimum's exporter, its two forms are quantized and then merged, as published
exports are; what PyTorch makes of one text is compared with the exported graph before anything is written.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from optimum.exporters.onnx import main_export
from optimum.onnx import merge_decoders
from torch import Tensor, nn

from .caption_network import CaptionDecoder, load
from .export import fold_batch_norms, to_onnx
from .network import TOKENS, Attention, Vision
from .quantize import quantize
from .vlm_export import PATCH, SIDE, fast_tokenizer, save_processor, write_index


class States(nn.Module):
    """pixel_values [B, 3, 224, 224], normalised by 0.5 and 0.5, to last_hidden_state [B, 256, W]."""

    def __init__(self, vision: Vision) -> None:
        super().__init__()
        self.vision = vision

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.vision(pixel_values.mean(dim=1, keepdim=True) * 0.5 + 0.5)[0]


def gpt2_config(decoder: CaptionDecoder) -> transformers.GPT2Config:
    c = decoder.c
    return transformers.GPT2Config(
        n_embd=c.width, n_layer=c.layers, n_head=c.heads, n_positions=c.longest, vocab_size=c.vocabulary, activation_function="gelu", bos_token_id=1,
        eos_token_id=2, pad_token_id=0, add_cross_attention=True, is_decoder=True, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip


def whole(decoder: CaptionDecoder) -> transformers.VisionEncoderDecoderModel:
    """The decoder in transformers' own model, behind an encoder that is a stand-in: only its width is read."""
    c = decoder.c
    encoder = transformers.ViTConfig(hidden_size=c.width, num_hidden_layers=1, num_attention_heads=4, intermediate_size=4 * c.width, image_size=SIDE, patch_size=PATCH)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, gpt2_config(decoder))
    config.decoder_start_token_id, config.eos_token_id, config.pad_token_id = 1, 2, 0
    model = transformers.VisionEncoderDecoderModel(config=config).eval()
    missing, unexpected = model.decoder.load_state_dict(decoder.state_dict(), strict=False)
    if unexpected or missing not in ([], ["lm_head.weight"]):
        raise ValueError(f"not GPT-2's names: {missing} {unexpected}")
    model.decoder.tie_weights()
    return model


def merged(model: transformers.VisionEncoderDecoderModel, folder: Path) -> onnx.ModelProto:
    """Both forms of the decoder, int8, as one graph with use_cache_branch."""
    with tempfile.TemporaryDirectory() as source:
        model.save_pretrained(source)
        main_export(source, folder, task="image-to-text-with-past", do_validation=False, opset=17, no_post_process=True)
    forms = []
    for name in ("decoder_model", "decoder_with_past_model"):
        graph = quantize(onnx.load(folder / f"{name}.onnx"), "int8")
        onnx.save(graph, folder / f"{name}_int8.onnx")
        forms.append(folder / f"{name}_int8.onnx")
    return hoisted(merge_decoders(*forms, save_path=folder / "merged.onnx", strict=False))


def hoisted(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights made plain before the two branches, once: inside them, runtimes look for the integers in the branch and fail."""
    stored = {t.name for t in model.graph.initializer}
    made: dict[tuple[str, ...], onnx.NodeProto] = {}
    for branch in (a.g for node in model.graph.node for a in node.attribute if a.HasField("g")):
        renamed: dict[str, str] = {}
        kept = []
        for node in branch.node:
            if node.op_type == "DequantizeLinear" and set(node.input) <= stored:
                key = tuple(node.input)
                if key not in made:
                    plain = onnx.NodeProto()
                    plain.CopyFrom(node)
                    plain.output[:] = [f"{node.input[0]}/plain"]
                    made[key] = plain
                renamed[node.output[0]] = made[key].output[0]
            else:
                kept.append(node)
        for node in kept:
            node.input[:] = [renamed.get(name, name) for name in node.input]
        del branch.node[:]
        branch.node.extend(kept)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*made.values(), *nodes])
    onnx.checker.check_model(model)
    return model


def check(decoder: CaptionDecoder, graph: Path) -> None:
    """The merged graph against our own network, without and with cached keys: int8 weights differ, gross faults show."""
    torch.manual_seed(0)
    tokens, ids = torch.randn(1, TOKENS, decoder.c.width), torch.randint(3, decoder.c.vocabulary, (1, 6))
    Attention.fused = False
    with torch.no_grad():
        own = decoder(ids, tokens)[0].numpy()
    session = onnxruntime.InferenceSession(str(graph))
    heads, size = decoder.c.heads, decoder.c.width // decoder.c.heads
    past = {i.name: np.zeros((1, heads, 0, size), np.float32) for i in session.get_inputs() if i.name.startswith("past")}
    common = {"encoder_hidden_states": tokens.numpy()}
    names = [o.name for o in session.get_outputs()]
    first = dict(zip(names, session.run(None, {**common, **past, "input_ids": ids[:, :5].numpy(), "use_cache_branch": np.array([False])}), strict=True))
    kept = {name.replace("present", "past_key_values"): value for name, value in first.items() if name.startswith("present")}
    then = session.run(["logits"], {**common, **kept, "input_ids": ids[:, 5:].numpy(), "use_cache_branch": np.array([True])})[0]
    found = np.concatenate([first["logits"][0], then[0]])
    likeness = float((found * own).sum() / np.linalg.norm(found) / np.linalg.norm(own))
    if likeness < 0.999:
        raise ValueError(f"the exported decoder computes something else: cosine {likeness}")
    print(f"cosine of the exported decoder's logits and PyTorch's: {likeness:.6f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    vision, decoder = load(args.checkpoint)
    fold_batch_norms(vision)
    onnx_dir = args.out / "onnx"
    onnx_dir.mkdir(parents=True, exist_ok=True)
    batch = torch.export.Dim("batch_size", min=1, max=16)
    encoder = to_onnx(States(vision).eval(), (torch.rand(2, 3, SIDE, SIDE),), ["pixel_values"], ["last_hidden_state"], ({0: batch},))
    onnx.save(quantize(encoder, "int8"), onnx_dir / "encoder_model_int8.onnx")
    model = whole(decoder)
    with tempfile.TemporaryDirectory() as made:
        graph = merged(model, Path(made))
        onnx.save(graph, onnx_dir / "decoder_model_merged_int8.onnx")
    check(decoder, onnx_dir / "decoder_model_merged_int8.onnx")
    config = model.config
    config.encoder.num_hidden_layers = len(vision.blocks)
    config.save_pretrained(args.out)
    fast_tokenizer(args.data / "tokenizer.json", None).save_pretrained(args.out)
    save_processor(args.out)
    transformers.GenerationConfig(decoder_start_token_id=1, bos_token_id=1, eos_token_id=2, pad_token_id=0, max_new_tokens=80).save_pretrained(args.out)
    told = ("trained", "parameters", "steps", "batch", "epsilon", "rate", "ramp", "clean", "short", "seconds")
    state = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    (args.out / "training.json").write_text(json.dumps({key: state[key] for key in told if key in state}, indent=1) + "\n")
    write_index(args.out, args.out.name, "Penumbra captioner mini", "Small captioner for frontal chest radiographs: image encoder and a GPT-2-like decoder that writes reports.")


if __name__ == "__main__":
    main()
