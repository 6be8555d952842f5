"""Phantoms, real radiographs and questions as arrays, and the augmentation both share."""

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from .names import GRID, MASKS


@dataclass
class Questions:
    """Every wording of every question, tokenized, grouped by what it asks."""

    rows: list[dict]
    ids: np.ndarray
    lengths: np.ndarray

    @staticmethod
    def load(path: Path, tokenizer: Tokenizer) -> "Questions":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        bos, ans = tokenizer.token_to_id("<bos>"), tokenizer.token_to_id("<ans>")
        encoded = [[bos, *tokenizer.encode(row["text"]).ids, ans] for row in rows]
        longest = max(map(len, encoded))
        ids = np.zeros((len(rows), longest), np.int64)
        for i, sequence in enumerate(encoded):
            ids[i, : len(sequence)] = np.array(sequence)
        return Questions(rows, ids, np.array([len(e) for e in encoded]))


class Phantoms:
    """One rendered folder: images and masks stay memory-mapped bytes."""

    def __init__(self, folder: Path, answers: Path) -> None:
        self.cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
        n = len(self.cases)
        self.images = np.memmap(folder / "images.u8", np.uint8, "r", shape=(n, 224, 224))
        self.masks = np.memmap(folder / "masks.u8", np.uint8, "r", shape=(n, len(MASKS), GRID, GRID))
        self.reports = [" ".join(case["report"]) for case in self.cases]
        self.answers: list[tuple[np.ndarray, list[str]]] = []
        for line in answers.read_text().splitlines():
            pairs = json.loads(line)
            self.answers.append((np.array([p[0] for p in pairs], np.int32), [p[1] for p in pairs]))

    def __len__(self) -> int:
        return len(self.cases)


class Kermany:
    """Real paediatric radiographs (Kermany, Zhang, Goldbaum 2018): pneumonia or not."""

    def __init__(self, root: Path, split: str) -> None:
        with (root / "index.csv").open() as file:
            rows = [r for r in csv.DictReader(file) if r["split"] == split]
        self.labels = np.array([r["class"] != "normal" for r in rows])
        self.images = np.stack([np.asarray(Image.open(root / r["file"]).convert("L")) for r in rows])

    def __len__(self) -> int:
        return len(self.labels)


def augment(images: Tensor, masks: Tensor, generator: torch.Generator, *, real: bool) -> tuple[Tensor, Tensor]:
    """Changes of geometry, tone, sharpness and border; never a flip (laterality is a question). Images [B, 1, H, W] in [0, 1]; masks
    [B, K, h, w] move with them (K may be 0).

    Real radiographs get strong changes of aspect ratio, crop and border: among the children the aspect ratio alone predicts
    the label, so it must carry no information. Nearly all of them also pass through a random lower resolution: sources
    differ in texture, and texture must not tell the source.
    """
    n = images.shape[0]

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator)

    angle = uniform(-6, 6) * math.pi / 180
    zoom = uniform(0.72, 1.0) if real else uniform(0.84, 1.1)
    aspect = torch.exp(uniform(-0.2, 0.2) if real else uniform(-0.06, 0.06))
    room = (1 - zoom).clamp(min=0) + 0.03
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = zoom * aspect * torch.cos(angle)
    theta[:, 0, 1] = -zoom * torch.sin(angle)
    theta[:, 1, 0] = zoom * torch.sin(angle)
    theta[:, 1, 1] = zoom / aspect * torch.cos(angle)
    theta[:, 0, 2] = uniform(-1, 1) * room
    theta[:, 1, 2] = uniform(-1, 1) * room
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    out = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    small = F.affine_grid(theta, [n, 1, *masks.shape[2:]], align_corners=False)
    moved = F.grid_sample(masks, small, padding_mode="zeros", align_corners=False) if masks.shape[1] else masks

    def per_image(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    gamma = per_image(torch.exp(uniform(-0.28, 0.28)))
    out = out.clamp(1e-4, 1) ** gamma
    out = (out - 0.5) * per_image(uniform(0.8, 1.15)) + 0.5 + per_image(uniform(-0.07, 0.07))
    soft = torch.rand(n, generator=generator) < (0.5 if real else 0.25)
    share, sharp = per_image(uniform(0.3, 1))[soft], out[soft]
    out[soft] = sharp + share * (F.avg_pool2d(sharp, 3, stride=1, padding=1, count_include_pad=False) - sharp)
    out = coarsen(out, 0.85 if real else 0.25, 96 if real else 128, generator)
    if real:
        out = hide_border(out, generator)
    sigma = per_image((torch.rand(n, generator=generator) < 0.5).float() * uniform(0, 0.08))
    out = out + sigma * torch.randn(out.shape, generator=generator)
    return out.clamp(0, 1), moved


def coarsen(images: Tensor, share: float, lowest: int, generator: torch.Generator) -> Tensor:
    """A share of the images goes through a random lower resolution, down by area and up again bilinearly."""
    out = images.clone()
    for i in torch.flatten(torch.nonzero(torch.rand(len(images), generator=generator) < share)).tolist():
        side = int(torch.randint(lowest, images.shape[-1], (1,), generator=generator))
        small = F.interpolate(images[i : i + 1], size=(side, side), mode="area")
        out[i : i + 1] = F.interpolate(small, size=images.shape[-2:], mode="bilinear", align_corners=False)
    return out


def hide_border(images: Tensor, generator: torch.Generator) -> Tensor:
    """Blackens a random strip of the border of a third of the images, and covers a spot near a corner, where markers are, of another."""
    size = images.shape[-1]

    def below(n: int) -> int:
        return int(torch.randint(n, (1,), generator=generator))

    for image in images:
        choice = below(3)
        if choice == 0:
            strip = 1 + below(size // 14)
            rows = below(2)
            part = slice(0, strip) if below(2) else slice(size - strip, size)
            (image[0, part] if rows else image[0, :, part]).fill_(0)
        elif choice == 1:
            height, width = 8 + below(size // 8), 8 + below(size // 6)
            top, left = below(size // 8), below(size // 8)
            top = top if below(2) else size - height - top
            left = left if below(2) else size - width - left
            image[0, top : top + height, left : left + width] = below(256) / 255
    return images
