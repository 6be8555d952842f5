"""The lab's filters on the picture, written again in PyTorch from their definitions: pictures [B, 1, S, S], grey values in [0, 1]."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def straight_through(x: Tensor, made: Tensor) -> Tensor:
    """`made` forward, the identity backward (BPDA, Athalye et al. 2018)."""
    return x + (made - x).detach()


def gaussian(x: Tensor, sigma: float = 1.0) -> Tensor:
    reach = math.ceil(3 * sigma)
    at = torch.arange(x.shape[-1])
    away = at[None] - at[:, None]
    rows = torch.exp(-(away.float() ** 2) / (2 * sigma**2)) * (away.abs() <= reach)
    rows = rows / rows.sum(1, keepdim=True)
    return rows @ x @ rows.T


def windows(x: Tensor, reach: int) -> Tensor:
    """[B, (2 reach + 1)^2, S, S], border pixels repeated."""
    side = 2 * reach + 1
    return F.unfold(F.pad(x, (reach,) * 4, mode="replicate"), side).view(x.shape[0], side**2, *x.shape[2:])


def median(x: Tensor) -> Tensor:
    return windows(x, 1).median(1, keepdim=True).values


def bilateral(x: Tensor, levels: float = 12, width: float = 1.5) -> Tensor:
    reach = math.ceil(2 * width)
    near = windows(x, reach)
    offsets = torch.arange(-reach, reach + 1).float() ** 2
    away = (offsets[:, None] + offsets[None]).reshape(1, -1, 1, 1) / width**2
    weights = torch.exp(-0.5 * (away + ((near - x) * 255 / levels) ** 2))
    return (weights * near).sum(1, keepdim=True) / weights.sum(1, keepdim=True)


def differences(u: Tensor) -> tuple[Tensor, Tensor]:
    return F.pad(u[..., :, 1:] - u[..., :, :-1], (0, 1)), F.pad(u[..., 1:, :] - u[..., :-1, :], (0, 0, 0, 1))


def gathered(across: Tensor, down: Tensor) -> Tensor:
    """The transpose of `differences`."""
    return F.pad(across[..., :-1], (1, 0)) - F.pad(across[..., :-1], (0, 1)) + F.pad(down[..., :-1, :], (0, 0, 1, 0)) - F.pad(down[..., :-1, :], (0, 0, 0, 1))


def total_variation(x: Tensor, weight: float = 0.05, steps: int = 20) -> Tensor:
    """Chambolle's dual steps from zero."""
    tau = 0.25
    across, down = torch.zeros_like(x), torch.zeros_like(x)
    for _ in range(steps - 1):
        right, below = differences(x + gathered(across, down))
        # Of a flat place the root has no slope: a hair keeps it finite.
        scale = 1 + tau / weight * torch.sqrt(right**2 + below**2 + 1e-20)
        across, down = (across - tau * right) / scale, (down - tau * below) / scale
    return x + gathered(across, down)


def wavelet_rows(size: int) -> Tensor:
    root = 3**0.5
    low = torch.tensor([1 - root, 3 - root, 3 + root, 1 + root], dtype=torch.float64) / (4 * 2**0.5)
    high = torch.stack([(-1) ** (k + 1) * low[3 - k] for k in range(4)])
    rows = torch.zeros(size, size, dtype=torch.float64)
    for k in range(size // 2):
        for j in range(4):
            rows[k, (2 * k + 2 - j) % size] += low[j]
            rows[size // 2 + k, (2 * k + 2 - j) % size] += high[j]
    return rows.float()


WAVELETS = [wavelet_rows(size) for size in (224, 112, 56)]


def wavelet(x: Tensor, threshold: float = 10 / 255) -> Tensor:
    scales, rest = [], x
    for rows in WAVELETS:
        scales.append(rows @ rest @ rows.T)
        half = rows.shape[0] // 2
        rest = scales[-1][..., :half, :half]
    for rows, each in zip(reversed(WAVELETS), reversed(scales), strict=True):
        half = rows.shape[0] // 2
        upper = torch.cat([rest, F.softshrink(each[..., :half, half:], threshold)], -1)
        rest = rows.T @ torch.cat([upper, F.softshrink(each[..., half:, :], threshold)], -2) @ rows
    return rest


def spectral(x: Tensor, gains: Tensor) -> Tensor:
    return torch.fft.ifft2(torch.fft.fft2(x) * gains).real


def frequencies(size: int = 224) -> Tensor:
    waves = torch.fft.fftfreq(size, dtype=torch.float64)
    return torch.hypot(waves[:, None], waves[None])


LOW_PASS = (1 / (1 + (frequencies() / 0.2) ** 8)).float()
BAND_STOP = (1 - torch.exp(-0.5 * ((frequencies() - 0.25) / 0.02) ** 2)).float()


def down_and_up(x: Tensor) -> Tensor:
    return F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)


def fewer_levels(x: Tensor) -> Tensor:
    return torch.round(x.clamp(0, 1) * 15) / 15


LUMINANCE = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
]  # fmt: skip
"""Annex K of ITU-T T.81, table K.1."""
COSINES = torch.tensor([[(8**-0.5 if u == 0 else 0.5) * math.cos((2 * i + 1) * u * math.pi / 16) for i in range(8)] for u in range(8)])


def jpeg(x: Tensor, quality: int = 75, smooth: bool = False) -> Tensor:
    """Baseline JPEG of one grey channel. `smooth`: what is rounded keeps a cubic slope (Shin & Song 2017); else the identity's."""
    scale = 200 - 2 * quality if quality >= 50 else 5000 / quality
    steps = torch.clamp(((torch.tensor(LUMINANCE).float() * scale + 50) / 100).floor(), 1, 255).view(8, 8)
    levels = straight_through(x * 255, torch.round(x * 255))
    blocks = (levels - 128).view(-1, 28, 8, 28, 8).transpose(2, 3)
    wanted = COSINES @ blocks @ COSINES.T / steps
    whole = torch.round(wanted).detach()
    kept = whole + (wanted - whole) ** 3 if smooth else straight_through(wanted, whole)
    # The cubic is for the way back alone.
    kept = kept + (whole - kept).detach()
    back = (COSINES.T @ (kept * steps) @ COSINES).transpose(2, 3).reshape(x.shape) + 128
    bounded = torch.clamp(back, 0, 255)
    return straight_through(bounded, torch.round(bounded)) / 255


def warped(x: Tensor, dx: float, dy: float, degrees: float, zoom: float, beyond: str) -> Tensor:
    """Moved, turned and scaled about the middle, with bilinear weights; `beyond` is grid_sample's padding."""
    size = x.shape[-1]
    middle = (size - 1) / 2
    at = torch.arange(size).float() - middle
    across, down = (at - dx)[None, :], (at - dy)[:, None]
    cos, sin = math.cos(math.radians(degrees)) / zoom, math.sin(math.radians(degrees)) / zoom
    from_x, from_y = cos * across - sin * down, sin * across + cos * down
    grid = torch.stack([from_x / middle, from_y / middle], -1)[None].expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=beyond, align_corners=True)
