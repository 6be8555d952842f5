"""Exports a tiny Swin transformer in both exporter styles, with the attention each place of each stage receives in PyTorch.

Usage: python golden/window_attention.py OUT_DIR (from models/)
Writes swin.EXPORTER.onnx and swin.json {shape, image, layers: [{grid, heads, received}]}: `received` is, per head, the mean
over queries of the attention each window's key gets, put back on the map by timm's own window_reverse and torch.roll
and divided by its sum.
"""

import json
import sys
import warnings
from pathlib import Path

import onnx
import timm
import torch
from timm.models.swin_transformer import SwinTransformerBlock, window_reverse

warnings.filterwarnings("ignore")
SIZE, WINDOW = 32, 4


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    model = timm.create_model(
        "swin_tiny_patch4_window7_224", pretrained=False, img_size=SIZE, embed_dim=8, depths=(2, 1), num_heads=(2, 4),
        window_size=WINDOW, num_classes=3,
    ).eval()
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    image = torch.rand(1, 3, SIZE, SIZE)

    blocks = [module for module in model.modules() if isinstance(module, SwinTransformerBlock)]
    maps = {}
    for block in blocks:
        block.attn.softmax.register_forward_hook(lambda _, __, out, block=block: maps.__setitem__(block, out))
    with torch.no_grad():
        model(image)

    layers = []
    for block in blocks:
        height, width = block.input_resolution
        received = maps[block].mean(dim=2)  # [windows, heads, keys]
        windows, heads, _ = received.shape
        side = block.window_size[0]
        tiles = received.permute(0, 2, 1).reshape(windows, side, side, heads)
        placed = window_reverse(tiles, block.window_size, height, width)[0]
        placed = torch.roll(placed, shifts=tuple(block.shift_size), dims=(0, 1)).permute(2, 0, 1)
        placed = placed / placed.sum(dim=(1, 2), keepdim=True)
        layers.append({"grid": [height, width], "heads": heads, "received": numbers(placed)})

    for kind, options in {"torchscript": {"dynamo": False, "opset_version": 17},
                          "dynamo": {"dynamo": True, "opset_version": 20, "external_data": False, "verbose": False}}.items():
        path = directory / f"swin.{kind}.onnx"
        torch.onnx.export(model, (image,), str(path), input_names=["image"], output_names=["logits"], **options)
        strip(path)
    record = {"shape": list(image.shape), "image": numbers(image), "layers": layers}
    (directory / "swin.json").write_text(json.dumps(record))


def strip(path):
    """Drops the exporter's stack traces, which are most of the file."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for value in [*model.graph.value_info, *model.graph.initializer, *model.graph.output, *model.graph.input]:
        value.ClearField("metadata_props")
    onnx.save(model, path)


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.flatten().tolist()]


if __name__ == "__main__":
    main()
