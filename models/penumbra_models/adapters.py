"""Low-rank adapters (LoRA, Hu et al. 2021) on queries and values of the decoder's attentions, and the file they are kept in.

Those of the encoder are in `encoder_adapters`.

W becomes W + scale (alpha / rank) B A with A [rank, in] and B [out, rank]; B starts at zero, so that an untrained adapter changes nothing.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Attention, Decoder

RANK, ALPHA, DROPOUT = 16, 32.0, 0.05
GAIN = ALPHA / RANK
"""Of every adapter, whatever its rank."""
PLACES = ("blocks.0.attention", "blocks.0.cross", "blocks.1.attention", "blocks.1.cross")
"""The decoder's attentions in the order of computation: to the words, to the picture, and again."""
LAYERS: dict[str, tuple[str, ...]] = {
    "targeted": ("blocks.0.cross", "blocks.1.cross"),
    "early": ("blocks.0.attention", "blocks.0.cross"),
    "all": PLACES,
}
"""Adapters by where they sit. `targeted` are those that causal interchange between wordings names: those to the picture (docs/studies/interchange.json)."""


class LoraLinear(nn.Module):
    """A frozen linear layer and what an adapter adds to its last outputs."""

    def __init__(self, base: nn.Linear, outputs: int, rank: int = RANK) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(outputs, rank))
        self.scale = 1.0
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    @property
    def weight(self) -> Tensor:
        return self.base.weight

    @property
    def bias(self) -> Tensor:
        return self.base.bias

    def forward(self, x: Tensor) -> Tensor:
        low = F.linear(F.dropout(x, DROPOUT, self.training), self.down)
        added = F.linear(low, self.up) * (self.scale * GAIN)
        return self.base(x) + F.pad(added, (self.base.out_features - len(self.up), 0))


def adapted(decoder: Decoder, places: tuple[str, ...]) -> dict[str, LoraLinear]:
    """Puts untrained adapters into a decoder, in place; returns them by the name of what they adapt."""
    decoder.requires_grad_(False)
    out: dict[str, LoraLinear] = {}
    for place in places:
        attention = decoder.get_submodule(place)
        assert isinstance(attention, Attention)
        width = attention.query.out_features
        # The lower half of the joint layer makes the keys, which stay as they are.
        query, value = LoraLinear(attention.query, width), LoraLinear(attention.key_value, width)
        attention.register_module("query", query)
        attention.register_module("key_value", value)
        out[f"{place}.query"], out[f"{place}.value"] = query, value
    return out


def parameters(adapters: dict[str, LoraLinear]) -> list[nn.Parameter]:
    return [p for each in adapters.values() for p in (each.down, each.up)]


def write_adapters(adapters: dict[str, LoraLinear], path: Path) -> None:
    """A safetensors file: NAME.lora_A.weight [rank, in] and NAME.lora_B.weight [out, rank] in float32, as PEFT names them."""
    tensors = {}
    for name, each in adapters.items():
        tensors[f"decoder.{name}.lora_A.weight"], tensors[f"decoder.{name}.lora_B.weight"] = each.down, each.up
    path.write_bytes(safetensors({name: t.detach().numpy() for name, t in tensors.items()}, {"r": str(RANK), "lora_alpha": f"{ALPHA:g}"}))


def read_adapters(adapters: dict[str, LoraLinear], path: Path) -> None:
    """Fills adapters with the weights of a file."""
    tensors = read_safetensors(path.read_bytes())
    with torch.no_grad():
        for name, each in adapters.items():
            each.down.copy_(torch.from_numpy(tensors[f"decoder.{name}.lora_A.weight"].copy()))
            each.up.copy_(torch.from_numpy(tensors[f"decoder.{name}.lora_B.weight"].copy()))


WIDTHS = {"F32": 4, "F16": 2}
"""Bytes of a number, by its name in a file."""


def safetensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Length of the header (uint64, little endian), the header as JSON, the numbers, float16 or else float32. https://huggingface.co/docs/safetensors"""
    header: dict[str, object] = {"__metadata__": metadata}
    at = 0
    for name, tensor in sorted(tensors.items()):
        kind = "F16" if tensor.dtype == np.float16 else "F32"
        size = WIDTHS[kind] * tensor.size
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(np.ascontiguousarray(t, "<f2" if t.dtype == np.float16 else "<f4").tobytes() for _, t in sorted(tensors.items()))


def read_safetensors(data: bytes) -> dict[str, np.ndarray]:
    """Tensors of a file that `safetensors` wrote."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    out = {}
    for name, entry in header.items():
        if name != "__metadata__":
            low, high = entry["data_offsets"]
            kind = f"<f{WIDTHS[entry['dtype']]}"
            out[name] = np.frombuffer(data[end + low : end + high], kind).reshape(entry["shape"])
    return out
