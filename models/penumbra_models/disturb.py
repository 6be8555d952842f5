"""Disturbances of pictures that nobody chose: what a radiograph suffers before a model sees it. Display values in [0, 1], as the lab's own perturbations."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

KAPPA = 4.0
"""Log-attenuation between black and white: a display value v stands for a relative exposure exp(-KAPPA v), as in src/perturbations/exposure.ts."""

Disturbance = Callable[[Tensor, Tensor, torch.Generator], Tensor]
"""images [B, 1, H, W], strength [B] in [0, 1], generator: the disturbed images, clipped to [0, 1]."""


def _display(exposure: Tensor) -> Tensor:
    return (-exposure.clamp(min=math.exp(-KAPPA)).log() / KAPPA).clamp(0, 1)


def _each(strength: Tensor) -> Tensor:
    return strength[:, None, None, None]


def noise(images: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian, sigma up to 0.25."""
    return (images + 0.25 * _each(strength) * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def dose(images: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """Quantum noise: Poisson counts, 8,000 photons behind black at 0 and 200 at 1, log-interpolated."""
    photons = 8000 * (200 / 8000) ** _each(strength)
    return _display(torch.poisson(photons * torch.exp(-KAPPA * images), generator=generator) / photons)


def blur(images: Tensor, strength: Tensor, _: torch.Generator) -> Tensor:
    """Gaussian, standard deviation up to 3 pixels."""
    out = []
    for image, s in zip(images, strength.tolist(), strict=True):
        x = torch.arange(-9, 10, dtype=torch.float32)
        line = torch.exp(-0.5 * (x / max(3 * s, 0.05)) ** 2)
        line = line / line.sum()
        padded = F.pad(image[None], (9, 9, 9, 9), mode="replicate")
        out.append(F.conv2d(F.conv2d(padded, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))[0])
    return torch.stack(out)


def lines(images: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """The shadow of an anti-scatter grid: exposure times 1 + a cos, amplitude up to 0.4, level or upright, any frequency."""
    n, _, height, width = images.shape
    frequency, phase = (torch.rand(n, 1, generator=generator) for _ in range(2))
    wave = 0.4 * strength[:, None] * torch.cos(2 * math.pi * (0.5 * frequency * torch.arange(width) + phase))
    level = torch.rand(n, generator=generator) < 0.5
    grid = torch.where(level[:, None, None], wave[:, :, None].expand(n, width, height), wave[:, None, :].expand(n, height, width))
    return _display(torch.exp(-KAPPA * images) * (1 + grid[:, None]))


def motion(images: Tensor, strength: Tensor, _: torch.Generator) -> Tensor:
    """The exposure averaged over a level path of up to 15 pixels. No training draws it: what was learned of others is tried on it."""
    exposure = torch.exp(-KAPPA * images)
    out = []
    for image, s in zip(exposure, strength.tolist(), strict=True):
        half = round(7 * s)
        out.append(F.avg_pool2d(F.pad(image[None], (half, half, 0, 0), mode="replicate"), (1, 2 * half + 1), stride=1)[0])
    return _display(torch.stack(out))


def contrast(images: Tensor, strength: Tensor, _: torch.Generator) -> Tensor:
    """Grey values drawn towards middle grey, by up to 0.8 of the way. No training draws it."""
    return 0.5 + (images - 0.5) * (1 - 0.8 * _each(strength))


TRAINED: dict[str, Disturbance] = {"noise": noise, "dose": dose, "blur": blur, "lines": lines}
HELD_OUT: dict[str, Disturbance] = {"motion": motion, "contrast": contrast}


def disturb(images: Tensor, generator: torch.Generator) -> Tensor:
    """A quarter of the pictures as they are, each of the others under one trained disturbance, strong more often than weak."""
    out = images.clone()
    kind = torch.randint(-1, len(TRAINED), (len(images),), generator=generator)
    kind[torch.rand(len(images), generator=generator) < 0.06] = -1
    for k, apply in enumerate(TRAINED.values()):
        some = kind == k
        if some.any():
            out[some] = apply(images[some], torch.rand(int(some.sum()), generator=generator).sqrt(), generator)
    return out
