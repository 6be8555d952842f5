"""Weight-only precision forms of an ONNX graph: fp16 + Cast, int8 per channel, int4 in blocks of 32 (DequantizeLinear).

Activations stay float32 in every form, so that gradients pass through the graph as it is deployed.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 1024
"""Weights with fewer elements (biases, norms, position tables) stay float32."""
BLOCK = 32


def quantize(model: onnx.ModelProto, precision: str) -> onnx.ModelProto:
    """A copy of the model with its large weights in `precision`: fp32, fp16, int8 or int4."""
    if precision == "fp32":
        return model
    out = onnx.ModelProto()
    out.CopyFrom(model)
    graph = out.graph
    axes = _channel_axes(graph)
    front: list[onnx.NodeProto] = []
    for tensor in [t for t in graph.initializer if t.name in axes]:
        weight = numpy_helper.to_array(tensor).astype(np.float32)
        if weight.size < SMALLEST or weight.ndim < 2:
            continue
        graph.initializer.remove(tensor)
        name, axis = tensor.name, axes[tensor.name]
        if precision == "fp16":
            graph.initializer.append(numpy_helper.from_array(weight.astype(np.float16), f"{name}/fp16"))
            front.append(helper.make_node("Cast", [f"{name}/fp16"], [name], to=TensorProto.FLOAT))
        elif precision == "int4" and weight.ndim == 2 and weight.shape[1 - axis] % BLOCK == 0:
            front.append(_int4(graph, name, weight, 1 - axis))
        else:
            front.append(_int8(graph, name, weight, axis))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*front, *nodes])
    onnx.checker.check_model(out)
    return out


def _channel_axes(graph: onnx.GraphProto) -> dict[str, int]:
    """Output-channel axis of each weight that a matrix product, convolution or look-up reads."""
    names = {t.name for t in graph.initializer}
    axes: dict[str, int] = {}
    for node in graph.node:
        for position, name in enumerate(node.input):
            if name not in names:
                continue
            if node.op_type == "MatMul":
                axes.setdefault(name, 1 if position == 1 else 0)
            elif node.op_type == "Gemm" and position == 1:
                transposed = any(a.name == "transB" and a.i for a in node.attribute)
                axes.setdefault(name, 0 if transposed else 1)
            elif node.op_type in ("Conv", "Gather", "Transpose") and position == (1 if node.op_type == "Conv" else 0):
                axes.setdefault(name, 0)
    return axes


def _int8(graph: onnx.GraphProto, name: str, weight: np.ndarray, axis: int) -> onnx.NodeProto:
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.maximum(np.abs(weight).max(axis=others), 1e-8) / 127
    shape = [1] * weight.ndim
    shape[axis] = -1
    quantized = np.clip(np.rint(weight / scale.reshape(shape)), -127, 127).astype(np.int8)
    graph.initializer.append(numpy_helper.from_array(quantized, f"{name}/int8"))
    graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}/scale"))
    return helper.make_node("DequantizeLinear", [f"{name}/int8", f"{name}/scale"], [name], axis=axis)


def _int4(graph: onnx.GraphProto, name: str, weight: np.ndarray, axis: int) -> onnx.NodeProto:
    """Blocks of 32 along the input axis, symmetric, scale chosen among a few by squared error."""
    blocks = np.moveaxis(weight, axis, -1)
    blocks = blocks.reshape(*blocks.shape[:-1], -1, BLOCK)
    peak = np.maximum(np.abs(blocks).max(-1, keepdims=True), 1e-8)
    best = np.full(peak.shape, np.inf)
    scale = peak / 7
    for shrink in (1.0, 0.95, 0.9, 0.85, 0.8, 0.75):
        trial = peak * shrink / 7
        error = ((np.clip(np.rint(blocks / trial), -8, 7) * trial - blocks) ** 2).sum(-1, keepdims=True)
        scale = np.where(error < best, trial, scale)
        best = np.minimum(error, best)
    quantized = np.clip(np.rint(blocks / scale), -8, 7).astype(np.int8)
    quantized = np.moveaxis(quantized.reshape(*blocks.shape[:-2], -1), -1, axis)
    scales = np.moveaxis(scale[..., 0], -1, axis)
    flat = quantized.reshape(-1).astype(np.uint8) & 0xF
    packed = (flat[0::2] | (flat[1::2] << 4)).astype(np.uint8).tobytes()
    tensor = helper.make_tensor(f"{name}/int4", TensorProto.INT4, list(weight.shape), packed, raw=True)
    graph.initializer.append(tensor)
    graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}/scale"))
    return helper.make_node(
        "DequantizeLinear", [f"{name}/int4", f"{name}/scale"], [name], axis=axis, block_size=BLOCK
    )
