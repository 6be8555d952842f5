"""What limits the answers about adults: films, or what the encoder sees of them. Heads fitted on frozen features against the number of films.

uv run python -m penumbra_models.curve --init runs/base/checkpoint.pt --adult DIR --out runs/curve.json

For each number of training films of NIH ChestX-ray14, whose findings are all labelled (drawn once, the larger holding the smaller), a logistic regression for
each question is fitted on the encoder's tokens, averaged (128 numbers) or averaged over the cells of a 2 x 2 grid (512): the second is a larger head on the same
encoder. Its AUC is that of the same source's test films, as the card's. The penalty is chosen on the validation films.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from .adults import LABELS, Adults
from .names import GRID
from .network import Vision
from .statistics import auc
from .validation import GOALS
from .vlm_features import encoder

COUNTS = (200, 400, 800)
"""And all."""
PENALTIES = (1e-4, 1e-3, 1e-2)
HEADS = {"mean": 1, "grid": 2}
BATCH = 50


@torch.no_grad()
def pooled(vision: Vision, images: np.ndarray) -> dict[str, np.ndarray]:
    """Averaged tokens of bytes [N, 224, 224], by head: [N, cells * D]."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in HEADS}
    for start in range(0, len(images), BATCH):
        x = torch.from_numpy(images[start : start + BATCH]).float()[:, None] / 255
        with torch.autocast("cpu", torch.bfloat16):
            tokens = vision(x)[0].float()
        grid = tokens.transpose(1, 2).reshape(len(x), -1, GRID, GRID)
        for name, cells in HEADS.items():
            parts[name].append(torch.nn.functional.adaptive_avg_pool2d(grid, cells).flatten(1).numpy())
    return {name: np.concatenate(p) for name, p in parts.items()}


def known(adults: Adults, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Films whose answer is known, and the answers."""
    p = adults.probability[:, LABELS.index(label)]
    some = ~np.isnan(p)
    return np.flatnonzero(some), p[some] > 0.5


def fitted(x: np.ndarray, positive: np.ndarray, penalty: float) -> LogisticRegression:
    # Rare findings weigh as much as common ones; the constant is free.
    return LogisticRegression(C=penalty, class_weight="balanced", max_iter=300).fit(x, positive)


def mean_area(features: dict[str, tuple[np.ndarray, Adults]], count: int, penalty: float, seed: int) -> tuple[float, float]:
    """Mean AUC over the questions, on validation and on test films, of heads fitted on `count` training films."""
    x, train = features["train"]
    center, spread = x.mean(0), x.std(0) + 1e-6
    drawn = np.random.default_rng(seed).permutation(len(x))[:count]
    areas: dict[str, list[float]] = {"val": [], "test": []}
    for label in GOALS:
        where, positive = known(train, label)
        inside = np.isin(where, drawn)
        if len(set(positive[inside])) < 2:
            continue
        head = fitted((x[where[inside]] - center) / spread, positive[inside], penalty)
        for split in areas:
            y, films = features[split]
            some, truth = known(films, label)
            areas[split].append(auc(head.decision_function((y[some] - center) / spread), truth))
    return float(np.mean(areas["val"])), float(np.mean(areas["test"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=95)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    vision = encoder(args.init)
    splits = {split: Adults(args.adult, split, ("nih14",)) for split in ("train", "val", "test")}
    encoded = {split: pooled(vision, films.images) for split, films in splits.items()}
    rows = []
    for head in HEADS:
        features = {split: (encoded[split][head], films) for split, films in splits.items()}
        for count in (*COUNTS, len(splits["train"])):
            tried = [(*mean_area(features, count, penalty, args.seed), penalty) for penalty in PENALTIES]
            best = max(tried)
            rows.append({"head": head, "numbers": encoded["train"][head].shape[1], "films": count, "val": best[0], "test": best[1], "penalty": best[2]})
            print(json.dumps(rows[-1]), flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"seed": args.seed, "questions": list(GOALS), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
