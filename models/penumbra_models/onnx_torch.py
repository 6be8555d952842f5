"""A shipped ONNX graph as a PyTorch function, one operator after the other: values and gradients are PyTorch's own.

For attacks of another make on the graphs that the page runs. Quantized weights are put back to float32 once; batches of any size go
through. An operator that is not among the shipped graphs' is refused by name.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper
from torch import Tensor

Attributes: TypeAlias = dict[str, int | float | bytes | list[int]]
Rule: TypeAlias = Callable[[list[Tensor], Attributes], Tensor]
Change: TypeAlias = Callable[[str, list[Tensor], Tensor], Tensor]
"""Of a node by its first output's name, its inputs and its output: what stands there instead."""


def numbers(values: Tensor) -> list[int]:
    return [int(v) for v in values.reshape(-1)]


def convolved(x: list[Tensor], a: Attributes) -> Tensor:
    top, left, bottom, right = (int(v) for v in a.get("pads", [0] * 4))  # type: ignore[union-attr]
    padded = F.pad(x[0], (left, right, top, bottom))
    return F.conv2d(padded, x[1], x[2] if len(x) > 2 else None, stride=a.get("strides", [1, 1]), dilation=a.get("dilations", [1, 1]), groups=a.get("group", 1))  # type: ignore[arg-type]


def reshaped(x: list[Tensor], a: Attributes) -> Tensor:
    sizes = numbers(x[1])
    return x[0].reshape([x[0].shape[k] if size == 0 else size for k, size in enumerate(sizes)])


def gemm(x: list[Tensor], a: Attributes) -> Tensor:
    left = x[0].T if a.get("transA") else x[0]
    right = x[1].T if a.get("transB") else x[1]
    product = float(a.get("alpha", 1.0)) * (left @ right)  # type: ignore[arg-type]
    return product + float(a.get("beta", 1.0)) * x[2] if len(x) > 2 else product  # type: ignore[arg-type]


def gathered(x: list[Tensor], a: Attributes) -> Tensor:
    axis = int(a.get("axis", 0)) % x[0].dim()  # type: ignore[arg-type]
    index = x[1].long()
    taken = torch.index_select(x[0], axis, index.reshape(-1))
    return taken.reshape(x[0].shape[:axis] + index.shape + x[0].shape[axis + 1 :])


def sliced(x: list[Tensor], a: Attributes) -> Tensor:
    out = x[0]
    starts, ends = numbers(x[1]), numbers(x[2])
    axes = numbers(x[3]) if len(x) > 3 else list(range(len(starts)))
    for axis, start, end in zip(axes, starts, ends, strict=True):
        size = out.shape[axis]
        first = start + size if start < 0 else start
        last = end + size if end < 0 else min(end, size)
        out = out.narrow(axis, first, last - first)
    return out


def unsqueezed(x: list[Tensor], a: Attributes) -> Tensor:
    out = x[0]
    for axis in sorted(numbers(x[1])):
        out = out.unsqueeze(axis)
    return out


def depth_to_space(x: list[Tensor], a: Attributes) -> Tensor:
    side = int(a["blocksize"])  # type: ignore[arg-type]
    if a.get("mode", b"DCR") == b"CRD":
        return F.pixel_shuffle(x[0], side)
    b, c, h, w = x[0].shape
    apart = x[0].view(b, side, side, c // side**2, h, w)
    return apart.permute(0, 3, 4, 1, 5, 2).reshape(b, c // side**2, h * side, w * side)


def triangle(x: list[Tensor], a: Attributes) -> Tensor:
    k = int(x[1]) if len(x) > 1 else 0
    return torch.triu(x[0], k) if a.get("upper", 1) else torch.tril(x[0], k)


RULES: dict[str, Rule] = {
    "Add": lambda x, a: x[0] + x[1],
    "Sub": lambda x, a: x[0] - x[1],
    "Mul": lambda x, a: x[0] * x[1],
    "Div": lambda x, a: x[0] / x[1],
    "MatMul": lambda x, a: x[0] @ x[1],
    "Exp": lambda x, a: x[0].exp(),
    "Log": lambda x, a: x[0].log(),
    "Sqrt": lambda x, a: x[0].sqrt(),
    "Relu": lambda x, a: x[0].relu(),
    "Reciprocal": lambda x, a: 1 / x[0],
    "Clip": lambda x, a: torch.clamp(x[0], x[1], x[2]),
    "Gelu": lambda x, a: F.gelu(x[0], approximate=a.get("approximate", b"none").decode()),  # type: ignore[union-attr]
    "Softmax": lambda x, a: F.softmax(x[0], int(a.get("axis", -1))),  # type: ignore[arg-type]
    "LayerNormalization": lambda x, a: F.layer_norm(x[0], x[0].shape[-1:], x[1], x[2] if len(x) > 2 else None, float(a.get("epsilon", 1e-5))),  # type: ignore[arg-type]
    "Transpose": lambda x, a: x[0].permute(*a["perm"]),  # type: ignore[misc]
    "ReduceSum": lambda x, a: x[0].sum(numbers(x[1]), keepdim=bool(a.get("keepdims", 1))),
    "Concat": lambda x, a: torch.cat(x, int(a["axis"])),  # type: ignore[arg-type]
    "Shape": lambda x, a: torch.tensor(list(x[0].shape)[int(a.get("start", 0)) : int(a.get("end", x[0].dim()))]),  # type: ignore[arg-type]
    "Expand": lambda x, a: x[0].expand(torch.broadcast_shapes(x[0].shape, tuple(numbers(x[1])))),
    "Conv": convolved,
    "Reshape": reshaped,
    "Gemm": gemm,
    "Gather": gathered,
    "Slice": sliced,
    "Unsqueeze": unsqueezed,
    "DepthToSpace": depth_to_space,
    "Trilu": triangle,
}


def dequantized(q: Tensor, scale: Tensor, zero: Tensor | None, a: Attributes) -> Tensor:
    axis = int(a.get("axis", 1))  # type: ignore[arg-type]
    block = int(a.get("block_size", 0))  # type: ignore[arg-type]
    parts = [scale.float(), torch.zeros_like(scale).float() if zero is None else zero.float()]
    if block:
        parts = [p.repeat_interleave(block, axis).narrow(axis, 0, q.shape[axis]) for p in parts]
    elif scale.numel() > 1:
        shape = [1] * q.dim()
        shape[axis] = -1
        parts = [p.view(shape) for p in parts]
    return (q.float() - parts[1]) * parts[0]


class Graph:
    """Called with its inputs by name; returns its outputs in their order."""

    def __init__(self, path: Path, change: Change | None = None) -> None:
        self.graph = onnx.load(str(path)).graph
        self.change = change
        self.constants = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in self.graph.initializer}
        self.nodes: list[onnx.NodeProto] = []
        self.attributes: list[Attributes] = []
        for node in self.graph.node:
            attributes: Attributes = {x.name: helper.get_attribute_value(x) for x in node.attribute}
            if node.op_type == "DequantizeLinear" and node.input[0] in self.constants:
                q, scale, *zero = (self.constants[name] for name in node.input)
                self.constants[node.output[0]] = dequantized(q, scale, zero[0] if zero else None, attributes)
                continue
            self.nodes.append(node)
            self.attributes.append(attributes)

    def __call__(self, **inputs: Tensor) -> list[Tensor]:
        values = {**self.constants, **inputs}
        for node, attributes in zip(self.nodes, self.attributes, strict=True):
            x = [values[name] for name in node.input if name]
            if node.op_type == "Split":
                axis = int(attributes.get("axis", 0))  # type: ignore[arg-type]
                sizes = numbers(x[1]) if len(x) > 1 else x[0].shape[axis] // len(node.output)
                for name, part in zip(node.output, torch.split(x[0], sizes, axis), strict=True):
                    values[name] = part
                continue
            rule = RULES.get(node.op_type)
            if rule is None:
                raise NotImplementedError(f"{node.op_type} (of {node.output[0]})")
            made = rule(x, attributes)
            values[node.output[0]] = self.change(node.output[0], x, made) if self.change else made
        return [values[output.name] for output in self.graph.output]
