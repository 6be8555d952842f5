"""Learned frequency modules: what they compute, that untrained ones change nothing, their file, and what is measured of them."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from penumbra_models import bands_train
from penumbra_models.bands import Bands, low_pass, read_bands, wavelet_statistics, write_bands
from penumbra_models.bands_evaluate import effective_rank, mean_auc, spread
from penumbra_models.bands_train import fit
from penumbra_models.losses import info_nce
from penumbra_models.network import Attention, Captioner, Config
from penumbra_models.restore import restore

BASE = Path(__file__).parents[2] / "public/models/base"


def captioner() -> Captioner:
    torch.manual_seed(0)
    return Captioner(Config(vocabulary=40)).eval()


def test_the_low_pass_keeps_waves_within_its_radius_and_nothing_else() -> None:
    grid = torch.arange(16) / 16
    slow, fast = (torch.cos(2 * torch.pi * k * grid).expand(16, 16).reshape(-1) for k in (3, 4))
    torch.testing.assert_close(low_pass(3) @ (slow + fast), slow, rtol=1e-5, atol=1e-5)


def test_wavelet_statistics_by_hand() -> None:
    # Haar of [[1, 2], [3, 4]]: 5, -2, -1, 0, everywhere; the means are flat, so that the second level has no differences.
    told = wavelet_statistics(torch.tensor([[1.0, 2.0], [3.0, 4.0]]).repeat(4, 4)[None, None])[0]
    torch.testing.assert_close(told[[0, 1, 2, 6, 7, 8]], torch.tensor([-2.0, -1.0, 0.0, 0.0, 0.0, 0.0]))
    torch.testing.assert_close(told[[3, 9]].exp(), torch.full((2,), 1e-6))


@pytest.mark.parametrize("per_picture", [False, True])
def test_untrained_modules_change_nothing_and_a_file_brings_trained_ones_back(per_picture: bool, tmp_path: Path) -> None:
    Attention.fused = False
    vision, image = captioner().vision, torch.rand(2, 1, 224, 224)
    own = vision(image)[1]
    bands = Bands(vision, per_picture)
    assert sum(p.requires_grad for p in vision.parameters()) == 2 * len(vision.blocks)
    torch.testing.assert_close(vision(image)[1], own)
    torch.manual_seed(3)
    with torch.no_grad():
        for p in bands.parameters():
            p.copy_(0.3 * torch.randn(p.shape))
        if bands.per_picture:
            bands.per_picture.mean.copy_(torch.randn(12))
            bands.per_picture.spread.copy_(torch.rand(12) + 0.5)
    moved = vision(image)[1]
    assert float((moved - own).abs().max()) > 1e-3
    write_bands(bands, tmp_path / "bands.safetensors")
    again = captioner().vision
    other = Bands(again, per_picture)
    other.fill(read_bands(tmp_path / "bands.safetensors"))
    torch.testing.assert_close(again(image)[1], moved, rtol=1e-4, atol=1e-5)
    other.set_scale(0)
    torch.testing.assert_close(again(image)[1], own)


def test_each_picture_has_numbers_of_its_own() -> None:
    vision = captioner().vision
    bands = Bands(vision, True)
    assert bands.per_picture
    with torch.no_grad():
        bands.per_picture.gains.weight.normal_()
    calm, rough = torch.full((1, 1, 224, 224), 0.5), torch.rand(1, 1, 224, 224)
    together = vision(torch.cat([calm, rough]))[1]
    torch.testing.assert_close(together[0], vision(calm)[1][0], rtol=1e-4, atol=1e-5)
    gains = bands.per_picture(torch.cat([calm, rough]))
    assert float((gains[0] - gains[1]).abs().max()) > 0.1


def test_info_nce_is_least_where_each_is_nearest_to_its_own() -> None:
    a = torch.nn.functional.normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    assert float(info_nce(a, a)) < float(info_nce(a, a.roll(1, 0)))
    # All alike is told apart from nothing: log of the batch.
    torch.testing.assert_close(info_nce(a[:1].expand(6, -1), a[:1].expand(6, -1)), torch.tensor(6.0).log())


def test_a_collapse_is_seen() -> None:
    rng = torch.Generator().manual_seed(2)
    healthy = torch.nn.functional.normalize(torch.randn(50, 16, generator=rng), dim=1)
    line = torch.nn.functional.normalize(torch.randn(50, 1, generator=rng) * healthy[:1] + 5 * healthy[1:2], dim=1)
    assert effective_rank(line) < 2 < 8 < effective_rank(healthy)
    assert spread(line)["meanCosine"] > 0.8 > 0.2 > spread(healthy)["meanCosine"]


def test_unknown_labels_count_in_no_auc() -> None:
    truth = np.array([[1, np.nan], [0, 1], [1, 1], [0, np.nan]])
    assert mean_auc(np.array([[3, 0], [1, 0], [2, 0], [0, 0]], float), truth) == 1


def test_training_moves_the_modules_and_nothing_else(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands_train, "SCALED_BY", 2)
    base, start = restore(BASE), tmp_path / "base.pt"
    torch.save({"model": {k: v.half() if v.is_floating_point() else v for k, v in base.state_dict().items()}}, start)
    for taught in ("picture", "contrast"):
        args = argparse.Namespace(
            init=start, data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", batch=6, steps=2, rate=1e-2, seed=3,
            taught=taught, out=tmp_path,
        )  # fmt: skip
        record = fit(args)
        tensors = read_bands(tmp_path / "bands.safetensors")
        assert record["parameters"] == sum(t.numel() for t in tensors.values())
        assert float(tensors["blocks.4.high"].abs().max()) > 0
