"""Low-rank adapters of the image encoder: on every linear layer of its blocks but the keys, and the float16 file they are kept in."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from .adapters import GAIN, LoraLinear, read_safetensors, safetensors
from .network import GridBlock, Vision

RANK = 8


def adapted_encoder(vision: Vision) -> dict[str, LoraLinear]:
    """Puts untrained adapters into an encoder, in place; returns them by the name of what they adapt."""
    vision.requires_grad_(False)
    out: dict[str, LoraLinear] = {}

    def adapt(owner: nn.Module, layer: str, name: str, outputs: int | None = None) -> None:
        base = owner.get_submodule(layer)
        assert isinstance(base, nn.Linear)
        out[name] = LoraLinear(base, outputs or base.out_features, RANK)
        owner.register_module(layer, out[name])

    for i, grid in enumerate(vision.blocks):
        assert isinstance(grid, GridBlock)
        attention, mlp = grid.block.attention, grid.block.mlp
        adapt(attention, "query", f"blocks.{i}.attention.query")
        # The lower half of the joint layer makes the keys, which stay as they are.
        adapt(attention, "key_value", f"blocks.{i}.attention.value", attention.key_value.out_features // 2)
        adapt(attention, "out", f"blocks.{i}.attention.out")
        adapt(mlp, "up", f"blocks.{i}.mlp.up")
        adapt(mlp, "down", f"blocks.{i}.mlp.down")
    return out


def set_scale(adapters: dict[str, LoraLinear], scale: float) -> None:
    for each in adapters.values():
        each.scale = scale


def weights_of(adapters: dict[str, LoraLinear]) -> dict[str, torch.Tensor]:
    """By their names in the file, as PEFT names them."""
    out = {}
    for name, each in adapters.items():
        out[f"vision.{name}.lora_A.weight"], out[f"vision.{name}.lora_B.weight"] = each.down.detach(), each.up.detach()
    return out


@torch.no_grad()
def fill(adapters: dict[str, LoraLinear], tensors: dict[str, torch.Tensor]) -> None:
    for name, each in adapters.items():
        each.down.copy_(tensors[f"vision.{name}.lora_A.weight"])
        each.up.copy_(tensors[f"vision.{name}.lora_B.weight"])


def write_encoder_adapters(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """A safetensors file: NAME.lora_A.weight [rank, in] and NAME.lora_B.weight [out, rank] in float16."""
    halves = {name: t.numpy().astype(np.float16) for name, t in tensors.items()}
    path.write_bytes(safetensors(halves, {"r": str(RANK), "lora_alpha": f"{GAIN * RANK:g}"}))


def read_encoder_adapters(path: Path) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(t.astype(np.float32)) for name, t in read_safetensors(path.read_bytes()).items()}
