"""Language tuned on noisy pictures: the disturbances are what they say, the decoder alone is tuned, and what the card says is measured on both decoders."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from penumbra_models import disturb as d
from penumbra_models.evaluate_disturbed import disturbed, disturbed_lines
from penumbra_models.language import tune
from penumbra_models.names import FINDINGS
from penumbra_models.network import Captioner
from penumbra_models.restore import restore

BASE = Path(__file__).parents[2] / "public/models/base"


def pictures(n: int) -> torch.Tensor:
    ramp = torch.linspace(0.2, 0.8, 224)
    return (ramp[:, None] * 0.5 + ramp[None] * 0.5).expand(n, 1, 224, 224).contiguous()


@pytest.mark.parametrize("name", [*d.TRAINED, *d.HELD_OUT])
def test_a_disturbance_grows_with_its_strength_and_stays_in_range(name: str) -> None:
    apply = (d.TRAINED | d.HELD_OUT)[name]
    x = pictures(3) + 0.1 * torch.rand(3, 1, 224, 224, generator=torch.Generator().manual_seed(1))
    out = apply(x, torch.tensor([0.0, 0.5, 1.0]), torch.Generator().manual_seed(2))
    moved = (out - x).square().mean((1, 2, 3)).sqrt()
    assert out.shape == x.shape
    assert out.min() >= 0
    assert out.max() <= 1
    assert moved[0] < moved[1] < moved[2]
    if name != "dose":
        assert moved[0] < 1e-5


def test_noise_and_dose_have_the_spread_they_state() -> None:
    x = torch.full((1, 1, 224, 224), 0.5)
    one = torch.ones(1)
    noisy = d.noise(x, 0.4 * one, torch.Generator().manual_seed(1))
    assert noisy.std() == pytest.approx(0.1, rel=0.05)
    # Delta method: sd of -log(counts / q0) / kappa is 1 / (kappa sqrt(q0 exp(-kappa v))).
    grainy = d.dose(x, 0 * one, torch.Generator().manual_seed(1))
    assert grainy.std() == pytest.approx(1 / (4 * (8000 * np.exp(-2)) ** 0.5), rel=0.05)


def test_a_grid_line_has_the_stated_amplitude_in_the_exposure() -> None:
    x = torch.full((1, 1, 224, 224), 0.5)
    exposure = torch.exp(-4 * d.lines(x, torch.tensor([0.5]), torch.Generator().manual_seed(5))) / np.exp(-2)
    assert exposure.max() <= 1.2 + 1e-4
    assert exposure.min() >= 0.8 - 1e-4
    assert exposure.max() - exposure.min() > 0.3


def test_a_fair_share_of_pictures_is_left_as_it_is_and_no_held_out_disturbance_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> torch.Tensor:
        raise AssertionError("drawn in training")

    monkeypatch.setattr(d, "HELD_OUT", dict.fromkeys(d.HELD_OUT, refuse))
    x = torch.rand(120, 1, 32, 32, generator=torch.Generator().manual_seed(3))
    out = d.disturb(x, torch.Generator().manual_seed(4))
    same = (out == x).flatten(1).all(1).float().mean()
    assert 0.13 < same < 0.38


def test_tuning_moves_the_decoder_and_nothing_else(small: Path, tmp_path: Path) -> None:
    base = restore(BASE)
    init, out = tmp_path / "base.pt", tmp_path / "out"
    out.mkdir()
    torch.save({"model": base.state_dict()}, init)
    args = argparse.Namespace(
        init=init, start=None, data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", out=out, steps=2, batch=12,
        rate=1e-3, processes=1, seed=3, warm_up=2,
    )  # fmt: skip
    tune(0, args)
    after = torch.load(out / "checkpoint.pt", weights_only=True)["model"]
    before = base.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"decoder"}
    tuned = Captioner(base.config)
    tuned.load_state_dict(after)


class _Says:
    """Stands for a model: `offset` is added to margins that are right by one."""

    def __init__(self, truth: np.ndarray, offset: float) -> None:
        self.truth, self.offset = truth, offset
        self.model = self

    def vision(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x

    def plain(self, kind: str, name: str) -> list[int]:
        return [0]

    def margins(self, tokens: torch.Tensor, rows: list[int]) -> np.ndarray:
        return (np.where(self.truth, 1.0, -1.0) + self.offset)[:, None].repeat(len(rows), 1)


class _Films:
    def __init__(self, n: int) -> None:
        self.images = np.zeros((n, 32, 32), np.uint8)
        self.labels = np.arange(n) % 2 == 0

    def __len__(self) -> int:
        return len(self.labels)


def test_a_decoder_that_says_yes_to_all_gains_nothing_for_it() -> None:
    """Balanced accuracy: .5 for one answer to all, however rare the finding is."""
    films = _Films(40)
    cases = [{"findings": [{"kind": name} for name in FINDINGS] if yes else []} for yes in films.labels]
    right, always = _Says(films.labels, 0), _Says(films.labels, 9)
    result = disturbed((always, right), (films.images, cases), films)  # type: ignore[arg-type]
    clean = result["rows"][0]["children"]
    assert (clean["before"], clean["after"]) == (1, 0.5)
    assert clean["high"] <= -0.5 + 1e-9
    assert clean["aucBefore"] == clean["aucAfter"] == 1
    assert any("(held out)" in line for line in disturbed_lines(result))
