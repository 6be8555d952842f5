"""Adapters of the encoder: untrained they change nothing, their half-precision file holds them, training moves them and nothing else."""

import argparse
import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from penumbra_models.adapters import parameters, read_safetensors
from penumbra_models.encoder_adapter_train import fit
from penumbra_models.encoder_adapters import RANK, adapted_encoder, fill, read_encoder_adapters, set_scale, weights_of, write_encoder_adapters
from penumbra_models.network import Config, Vision
from penumbra_models.pair_evaluate import page, verdicts
from penumbra_models.restore import restore

BASE = Path(__file__).parents[2] / "public/models/base"


def encoder() -> Vision:
    torch.manual_seed(1)
    return Vision(Config(vocabulary=64)).eval()


def pictures() -> torch.Tensor:
    return torch.rand(2, 1, 224, 224, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_an_untrained_adapter_changes_nothing_and_scale_zero_takes_a_trained_one_out() -> None:
    plain = encoder()
    tuned = copy.deepcopy(plain)
    adapters = adapted_encoder(tuned)
    tuned.eval()
    assert torch.equal(plain(pictures())[0], tuned(pictures())[0])
    # Of each of five blocks query, value, out, and a perceptron's two layers.
    assert sum(p.numel() for p in parameters(adapters)) == 5 * RANK * (3 * 256 + 2 * 640)
    for each in adapters.values():
        each.up.normal_(std=0.05)
    assert float((plain(pictures())[0] - tuned(pictures())[0]).abs().max()) > 0.01
    set_scale(adapters, 0)
    assert torch.equal(plain(pictures())[0], tuned(pictures())[0])


@torch.no_grad()
def test_the_keys_stay_as_they_are() -> None:
    tuned = encoder()
    adapters = adapted_encoder(tuned)
    tuned.eval()
    value = adapters["blocks.0.attention.value"]
    x = torch.randn(1, 256, 128)
    value.up.normal_()
    keys, values = (value(x) - value.base(x)).chunk(2, dim=-1)
    assert float(keys.abs().max()) == 0 < float(values.abs().max())


def test_a_file_holds_halves_of_what_was_written(tmp_path: Path) -> None:
    first, second = (adapted_encoder(encoder()) for _ in range(2))
    with torch.no_grad():
        for each in first.values():
            each.up.normal_()
    write_encoder_adapters(weights_of(first), tmp_path / "a.safetensors")
    assert {t.dtype for t in read_safetensors((tmp_path / "a.safetensors").read_bytes()).values()} == {np.dtype(np.float16)}
    fill(second, read_encoder_adapters(tmp_path / "a.safetensors"))
    for a, b in zip(parameters(first), parameters(second), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


def test_verdicts_take_no_side() -> None:
    def told(low: float, high: float) -> dict[str, float]:
        return {"auc": 0.9, "gain": (low + high) / 2, "low": low, "high": high, "steady": 1.0, "cosine": 1.0}

    place = {"group": "phantoms", "disturbance": "noise", "heldOut": False}
    rows = [{**place, "strength": s, "bare": told(0, 0), "calm": told(*t)} for s, t in ((0.2, (0.1, 0.2)), (0.4, (-0.1, 0.1)), (0.8, (-0.3, -0.1)))]
    measured = {"adapters": True, "phantoms": 3, "adults": 0, "rows": rows, "collapse": {n: {"meanCosine": 0.5, "rank": 3.0} for n in ("bare", "calm")}}
    (line,) = verdicts(measured)
    assert "better than the bare encoder on phantoms, noise, 0.2; worse on phantoms, noise, 0.8; on the other 1 of 3" in line
    assert page(measured).startswith("# Low-rank adapters of the encoder")


@pytest.mark.parametrize("kind", ["augmented", "contrast", "adults"])
def test_training_moves_the_adapter_and_nothing_else(small: Path, tmp_path: Path, kind: str) -> None:
    base, start = restore(BASE), tmp_path / "base.pt"
    torch.save({"model": {k: v.half() if v.is_floating_point() else v for k, v in base.state_dict().items()}}, start)
    args = argparse.Namespace(
        init=start, data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", batch=6, steps=2, rate=1e-2, seed=3,
        kind=kind, kept=1.0, watch=0, out=tmp_path,
    )  # fmt: skip
    record = fit(args)
    tensors = read_safetensors((tmp_path / "adapter.safetensors").read_bytes())
    assert record["parameters"] == sum(t.size for t in tensors.values())
    assert all(np.abs(t).max() > 0 for name, t in tensors.items() if "lora_B" in name)
