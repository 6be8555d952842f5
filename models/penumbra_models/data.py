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

FINDINGS = (
    "cardiomegaly", "effusion", "pneumothorax", "consolidation", "nodule", "edema",
    "atelectasis", "fracture", "hernia", "pacemaker", "tube", "line",
)  # fmt: skip
MASKS = 15


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
            ids[i, : len(sequence)] = sequence
        return Questions(rows, ids, np.array([len(e) for e in encoded]))


class Phantoms:
    """One rendered folder: images and masks stay memory-mapped bytes."""

    def __init__(self, folder: Path, answers: Path) -> None:
        self.cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
        n = len(self.cases)
        self.images = np.memmap(folder / "images.u8", np.uint8, "r", shape=(n, 224, 224))
        self.masks = np.memmap(folder / "masks.u8", np.uint8, "r", shape=(n, MASKS, 16, 16))
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
        rows = [r for r in csv.DictReader(open(root / "index.csv")) if r["split"] == split]
        self.labels = np.array([r["class"] != "normal" for r in rows])
        self.images = np.stack([np.asarray(Image.open(root / r["file"]).convert("L")) for r in rows])

    def __len__(self) -> int:
        return len(self.labels)


def augment(
    images: Tensor, masks: Tensor | None, generator: torch.Generator, real: bool
) -> tuple[Tensor, Tensor | None]:
    """Small changes of geometry and tone; never a flip (laterality is a question). Images [B, 1, H, W] in [0, 1].

    Real radiographs get strong changes of aspect ratio, crop and border: in that set the aspect ratio alone predicts
    the label, so it must carry no information.
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
    moved = None
    if masks is not None:
        small = F.affine_grid(theta, list(masks.shape), align_corners=False)
        moved = F.grid_sample(masks, small, padding_mode="zeros", align_corners=False)

    def per_image(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    gamma = per_image(torch.exp(uniform(-0.28, 0.28)))
    out = out.clamp(1e-4, 1) ** gamma
    out = (out - 0.5) * per_image(uniform(0.8, 1.15)) + 0.5 + per_image(uniform(-0.07, 0.07))
    soft = torch.rand(n, generator=generator) < 0.25
    share, sharp = per_image(uniform(0.3, 1))[soft], out[soft]
    out[soft] = sharp + share * (F.avg_pool2d(sharp, 3, stride=1, padding=1, count_include_pad=False) - sharp)
    sigma = per_image((torch.rand(n, generator=generator) < 0.5).float() * uniform(0, 0.08))
    out = out + sigma * torch.randn(out.shape, generator=generator)
    return out.clamp(0, 1), moved
