"""Training goes by steps: the same command gives the same weights, and a cut-off run goes on."""

import argparse
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from penumbra_models.network import Captioner, Config
from penumbra_models.train import rate_at, train, warm_start


def arguments(small: Path, out: Path, steps: int) -> argparse.Namespace:
    out.mkdir(exist_ok=True)
    return argparse.Namespace(
        data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", out=out, steps=steps, decay=1, batch=12,
        rate=1e-3, processes=1, seed=3, init=None, validate=10**6, phantoms=None,
    )  # fmt: skip


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoint.pt", weights_only=True)["live"]


def test_rate_rises_stays_and_falls() -> None:
    rates = [rate_at(step, 2000, 500) for step in range(2001)]
    assert rates[0] < 0.01
    assert max(rates) == pytest.approx(1)
    assert rates[250:1500] == pytest.approx([1.0] * 1250)
    assert all(a > b for a, b in pairwise(rates[1500:]))
    assert rates[2000] == pytest.approx(0.02)


def test_the_same_steps_give_the_same_weights_and_a_run_goes_on(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penumbra_models.train.Validation.measure", lambda *_: {"adult": 0.5})
    for name in ("a", "b"):
        train(0, arguments(small, tmp_path / name, 2))
    first, second = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(torch.equal(first[k], second[k]) for k in first)
    train(0, arguments(small, tmp_path / "a", 3))
    state = torch.load(tmp_path / "a/checkpoint.pt", weights_only=True)
    assert state["step"] == 3
    assert any(not torch.equal(first[k], state["live"][k]) for k in first)
    assert state["best"] == 0.5


def test_a_start_from_other_weights_may_lack_training_heads_only() -> None:
    model = Captioner(Config(width=16, heads=2, depth=1, decoder_depth=1, embedding=8, vocabulary=20, details=8))
    weights = model.state_dict()
    warm_start(model, {k: v for k, v in weights.items() if not k.startswith("auxiliary.")})
    with pytest.raises(ValueError, match="not a checkpoint of this network"):
        warm_start(model, {k: v for k, v in weights.items() if not k.startswith("vision.")})
