"""Augmentation keeps what questions are about, and hides what tells the source."""

import torch

from penumbra_models.data import augment, coarsen, hide_border


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def no_masks(n: int) -> torch.Tensor:
    return torch.zeros(n, 0, 1, 1)


def test_values_stay_in_range_and_sides_stay_sides() -> None:
    images = torch.full((64, 1, 224, 224), 0.2)
    images[..., 40:180, 20:90] = 0.9
    for real in (False, True):
        out, _ = augment(images, no_masks(64), generator(), real=real)
        assert out.shape == images.shape
        assert out.min() >= 0
        assert out.max() <= 1
        assert (out[..., :112].mean((1, 2, 3)) > out[..., 112:].mean((1, 2, 3))).all()


def test_masks_move_with_their_picture() -> None:
    images, masks = torch.zeros(16, 1, 224, 224), torch.zeros(16, 1, 16, 16)
    images[..., 84:112, 42:70] = 1
    masks[..., 6:8, 3:5] = 1
    out, moved = augment(images, masks, generator(), real=False)
    y, x = torch.meshgrid(torch.arange(224.0), torch.arange(224.0), indexing="ij")
    bright = (out[:, 0] - out[:, 0].amin((1, 2), keepdim=True)) ** 8
    cell_y, cell_x = torch.meshgrid(torch.arange(16) * 14 + 6.5, torch.arange(16) * 14 + 6.5, indexing="ij")
    for values, weights in (((y, cell_y), "rows"), ((x, cell_x), "columns")):
        picture = (bright * values[0]).sum((1, 2)) / bright.sum((1, 2))
        mask = (moved[:, 0] * values[1]).sum((1, 2)) / moved[:, 0].sum((1, 2))
        assert (picture - mask).abs().max() < 8, weights


def test_the_same_seed_gives_the_same_pictures() -> None:
    images = torch.rand(4, 1, 224, 224, generator=generator())
    first, second = (augment(images, no_masks(4), generator(5), real=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_a_coarse_picture_loses_its_finest_texture_and_keeps_its_mean() -> None:
    images = torch.rand(8, 1, 224, 224, generator=generator())
    out = coarsen(images, 1.0, 96, generator(1))
    fine = (out[..., 1:] - out[..., :-1]).square().mean((1, 2, 3))
    assert (fine < 0.8 * (images[..., 1:] - images[..., :-1]).square().mean((1, 2, 3))).all()
    assert torch.allclose(out.mean((1, 2, 3)), images.mean((1, 2, 3)), atol=0.01)
    assert torch.equal(coarsen(images, 0.0, 96, generator(1)), images)


def test_only_borders_are_hidden() -> None:
    images = torch.full((60, 1, 224, 224), 0.5)
    out = hide_border(images.clone(), generator(2))
    assert torch.equal(out[..., 72:-72, 72:-72], images[..., 72:-72, 72:-72])
    changed = (out != images).any(-1).any(-1).any(-1)
    assert 20 < int(changed.sum()) < 58
