"""A package computes what the network computes, and can be taken back into one."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from penumbra_models.export import float_session, fold_batch_norms, graphs, parity_image, run
from penumbra_models.network import Captioner, Config
from penumbra_models.quantize import quantize
from penumbra_models.restore import restore

from .conftest import TOKENIZER

CONFIG = Config(width=32, heads=2, depth=1, decoder_depth=1, text_depth=1, embedding=16, vocabulary=1024, details=32)


@pytest.fixture(scope="module")
def network() -> Captioner:
    """Random weights; batch norms with statistics that are not the identity."""
    torch.manual_seed(0)
    model = Captioner(CONFIG)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model.vision(torch.rand(4, 1, 224, 224))
        for parameter in model.parameters():
            # No two alike: the exporter stores equal tensors (norms as they start) once, under one name.
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture(scope="module")
def exported(network: Captioner) -> dict[str, onnx.ModelProto]:
    copy = Captioner(CONFIG).eval()
    copy.load_state_dict(network.state_dict())
    return graphs(copy)


def feeds() -> tuple[np.ndarray, np.ndarray]:
    return parity_image(224)[None, None], np.array([[1, 17, 42, 3]])


@torch.no_grad()
def test_folding_batch_norms_changes_nothing(network: Captioner) -> None:
    copy = Captioner(CONFIG).eval()
    copy.load_state_dict(network.state_dict())
    image = torch.rand(2, 1, 224, 224)
    before = copy.vision(image)
    fold_batch_norms(copy.vision)
    for a, b in zip(before, copy.vision(image), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in copy.vision.modules())


@torch.no_grad()
def test_graphs_compute_what_the_network_computes(network: Captioner, exported: dict[str, onnx.ModelProto]) -> None:
    image, ids = feeds()
    tokens, embedding = network.vision(torch.from_numpy(image))
    logits = network.decoder(torch.from_numpy(ids), tokens)
    text = network.text(torch.from_numpy(ids))
    got_tokens, got_embedding = run(exported["vision"], {"image": image})
    (got_logits,) = run(exported["answer"], {"ids": ids, "tokens": got_tokens})
    (got_text,) = run(exported["text"], {"ids": ids})
    for expected, got in ((tokens, got_tokens), (embedding, got_embedding), (logits, got_logits), (text, got_text)):
        assert np.abs(expected.numpy() - got).max() < 2e-4


@torch.no_grad()
def test_a_package_is_restored_to_the_same_function(network: Captioner, exported: dict[str, onnx.ModelProto], tmp_path: Path) -> None:
    for role, graph in exported.items():
        onnx.save(quantize(graph, "fp16"), tmp_path / f"{role}.fp16.onnx")
    shutil.copy(TOKENIZER, tmp_path / "tokenizer.json")
    back = restore(tmp_path, CONFIG)
    image, ids = feeds()
    tokens, again = network.vision(torch.from_numpy(image))[0], back.vision(torch.from_numpy(image))[0]
    # Float16 weights: three digits.
    assert (tokens - again).abs().max() < 0.02
    assert (network.decoder(torch.from_numpy(ids), tokens) - back.decoder(torch.from_numpy(ids), again)).abs().max() < 0.02
    assert (network.text(torch.from_numpy(ids)) - back.text(torch.from_numpy(ids))).abs().max() < 0.01


def product(weight: np.ndarray) -> onnx.ModelProto:
    """y = x @ weight."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", weight.shape[0]])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", weight.shape[1]])]
    graph = helper.make_graph([node], "product", inputs, outputs, [numpy_helper.from_array(weight, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.mark.parametrize(("precision", "bound"), [("fp16", 1e-3), ("int8", 1 / 254), ("int4", 1 / 14)])
def test_a_precision_form_rounds_each_weight_by_at_most_half_a_step(precision: str, bound: float) -> None:
    weight = np.random.default_rng(0).normal(size=(64, 48)).astype(np.float32)
    session = float_session(quantize(product(weight), precision).SerializeToString())
    got = session.run(None, {"x": np.eye(64, dtype=np.float32)})[0]
    if precision == "int4":
        step = np.abs(weight.reshape(2, 32, 48)).max(1, keepdims=True).repeat(32, 1).reshape(64, 48)
        # A shrunken scale may clip the largest weights of a block by a quarter.
        assert (np.abs(got - weight) <= np.maximum(step * bound, step * 0.25 * (np.abs(weight) > 0.7 * step)) + 1e-6).all()
    else:
        assert (np.abs(got - weight) <= np.abs(weight).max(0) * bound + 1e-6).all()
    assert not np.array_equal(got, weight)


def test_quantized_weights_are_stored_small(exported: dict[str, onnx.ModelProto]) -> None:
    sizes = [len(quantize(exported["answer"], p).SerializeToString()) for p in ("fp32", "fp16", "int8", "int4")]
    assert sizes[0] > 1.8 * sizes[1] > 1.8 * 1.5 * sizes[2]
    assert sizes[2] > sizes[3]
