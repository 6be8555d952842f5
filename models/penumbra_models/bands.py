"""Frequency modules behind the encoder's self-attentions, with learned weights, and the file they are kept in.

What an attention mixes, X [B, T, D], is split over the grid of tokens into a low band, LP (waves of at most RADIUS periods across the picture), and
the rest, HP, and becomes X + scale (s LP + t HP), with one s and one t for each channel. They start at zero, so that an untrained module changes
nothing. A picture may add numbers of its own to all s and t of a layer: a small network makes them of its wavelet statistics.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adapters import read_safetensors, safetensors
from .names import GRID
from .network import TOKENS, GridBlock, Vision

RADIUS = 3
"""Of the low band, in periods across the picture."""
HIDDEN = 16
"""Of the network that reads a picture's statistics."""
STATISTICS = 12
FLOOR = 1e-6
"""Added to a variance before its logarithm: that of a grey level's rounding."""


def low_pass(radius: float) -> Tensor:
    """[T, T], from the left: the two-dimensional Fourier transform over the grid, its frequencies within the radius, and back."""
    frequency = torch.fft.fftfreq(GRID, 1 / GRID, dtype=torch.float64)
    inside = frequency[:, None] ** 2 + frequency[None] ** 2 <= radius**2 + 1e-9
    waves = torch.fft.fft2(torch.eye(TOKENS, dtype=torch.float64).view(TOKENS, GRID, GRID))
    return torch.fft.ifft2(waves * inside).real.reshape(TOKENS, TOKENS).T.float()


def haar() -> Tensor:
    """The four filters of the Haar transform, [4, 1, 2, 2]: means, then differences of rows, of columns and across."""
    rows = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]
    return torch.tensor(rows, dtype=torch.float32).view(4, 1, 2, 2) / 2


def wavelet_statistics(images: Tensor) -> Tensor:
    """[B, 12] of images [B, 1, H, W]: of two levels, of the three bands of differences, the mean and the logarithm of the variance."""
    out, filters = [], haar()
    for _ in range(2):
        bands = F.conv2d(images, filters, stride=2)
        images, detail = bands[:, :1], bands[:, 1:].flatten(2)
        mean = detail.mean(-1)
        out += [mean, ((detail - mean[..., None]).square().mean(-1) + FLOOR).log()]
    return torch.cat(out, 1)


class Banded(nn.Module):
    """The output layer of an attention, with a frequency module before it."""

    def __init__(self, out: nn.Linear, filters: Tensor) -> None:
        super().__init__()
        self.out = out
        self.low, self.high = (nn.Parameter(torch.zeros(out.in_features)) for _ in range(2))
        self.filters: Tensor = filters
        self.scale = 1.0
        self.own: tuple[Tensor, Tensor] | None = None
        """What the picture adds to all s and to all t, [B, 1, 1] each."""

    def forward(self, x: Tensor) -> Tensor:
        slow = self.filters.to(x.dtype) @ x
        s, t = (self.low, self.high) if self.own is None else (self.low + self.own[0], self.high + self.own[1])
        return self.out(x + self.scale * (s * slow + t * (x - slow)))


class PerPicture(nn.Module):
    """A picture's own additions to s and t of each layer, [B, 2 L]: between -1 and 1 times the last weights, which start at zero."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.hidden, self.gains = nn.Linear(STATISTICS, HIDDEN), nn.Linear(HIDDEN, 2 * layers)
        nn.init.zeros_(self.gains.weight)
        nn.init.zeros_(self.gains.bias)
        self.register_buffer("mean", torch.zeros(STATISTICS))
        self.register_buffer("spread", torch.ones(STATISTICS))

    mean: Tensor
    spread: Tensor

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            told = (wavelet_statistics(images.float()) - self.mean) / self.spread
            return self.gains(torch.tanh(self.hidden(told)))


class Bands:
    """The frequency modules of one encoder."""

    def __init__(self, vision: Vision, per_picture: bool, radius: float = RADIUS) -> None:
        """Puts untrained modules into the encoder, in place."""
        vision.requires_grad_(False)
        filters, self.layers = low_pass(radius), list[Banded]()
        for block in vision.blocks:
            assert isinstance(block, GridBlock)
            attention = block.block.attention
            self.layers.append(Banded(attention.out, filters))
            attention.register_module("out", self.layers[-1])
        self.per_picture = PerPicture(len(self.layers)) if per_picture else None
        if self.per_picture:
            vision.register_forward_pre_hook(self._look)

    def _look(self, _: nn.Module, given: tuple[Tensor]) -> None:
        assert self.per_picture
        gains = self.per_picture(given[0])[..., None, None]
        for i, layer in enumerate(self.layers):
            layer.own = gains[:, 2 * i], gains[:, 2 * i + 1]

    def set_scale(self, scale: float) -> None:
        for layer in self.layers:
            layer.scale = scale

    def parameters(self) -> list[nn.Parameter]:
        own = list(self.per_picture.parameters()) if self.per_picture else []
        return [p for layer in self.layers for p in (layer.low, layer.high)] + own

    def tensors(self) -> dict[str, Tensor]:
        """By their names in the file. The statistics' scaling is part of the first weights there."""
        out = {f"blocks.{i}.{name}": getattr(layer, name) for i, layer in enumerate(self.layers) for name in ("low", "high")}
        if self.per_picture:
            net = self.per_picture
            weight = net.hidden.weight / net.spread
            out |= {"hidden.weight": weight, "hidden.bias": net.hidden.bias - weight @ net.mean, "gains.weight": net.gains.weight, "gains.bias": net.gains.bias}
        return {name: tensor.detach().clone() for name, tensor in out.items()}

    @torch.no_grad()
    def fill(self, tensors: dict[str, Tensor]) -> None:
        for i, layer in enumerate(self.layers):
            layer.low.copy_(tensors[f"blocks.{i}.low"])
            layer.high.copy_(tensors[f"blocks.{i}.high"])
        if self.per_picture:
            self.per_picture.mean.zero_()
            self.per_picture.spread.fill_(1)
            for name in ("hidden", "gains"):
                for part in ("weight", "bias"):
                    getattr(getattr(self.per_picture, name), part).copy_(tensors[f"{name}.{part}"])


def write_bands(bands: Bands, path: Path) -> None:
    """A safetensors file: blocks.N.low and .high [D], and of a per-picture one hidden and gains, weight [out, in] and bias, in float32."""
    path.write_bytes(safetensors({name: t.numpy() for name, t in bands.tensors().items()}, {"radius": f"{RADIUS}"}))


def read_bands(path: Path) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(t)) for name, t in read_safetensors(path.read_bytes()).items()}
