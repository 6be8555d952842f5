"""Measures learned frequency modules in the float encoder: right answers under disturbances, adults, and whether the embeddings collapsed.

uv run python -m penumbra_models.bands_evaluate --init runs/base/checkpoint.pt --bands runs/bands --data data --phantoms data/eval --adult DIR
"""

import argparse
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .adapter_train import base_model
from .adults import ASKED, LABELS, Adults
from .bands import Bands, read_bands
from .bands_train import TAUGHT
from .data import Questions
from .disturb import HELD_OUT, TRAINED
from .evaluate_phantoms import has, read
from .examiner import BATCH, Examiner, unit
from .names import FINDINGS
from .network import Attention, Captioner
from .statistics import auc, balanced_accuracy
from .validation import GOALS, token_scores

CONDITIONS = (("none", 0.0), ("noise", 0.4), ("noise", 0.8), ("blur", 0.8), ("lines", 0.8), ("motion", 0.8))
"""Disturbance, and strength as a share of its largest."""
ADULT_CONDITIONS = (("none", 0.0),)
DRAWS = 300
"""Of the bootstrap, over pictures."""


Conditions = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Measured:
    """Of one model under one condition: scores [N, F] of the plain wordings, and embeddings [N, E]."""

    scores: np.ndarray
    embedding: Tensor


@torch.no_grad()
def disturbed(images: np.ndarray, name: str, strength: float) -> np.ndarray:
    """Bytes [N, 224, 224] as a file would hold them; the same for every model."""
    if name == "none":
        return images
    apply, generator = (TRAINED | HELD_OUT)[name], torch.Generator().manual_seed(11)
    parts = []
    for start in range(0, len(images), BATCH):
        x = unit(images[start : start + BATCH])
        parts.append((apply(x, torch.full((len(x),), strength), generator) * 255).round().byte()[:, 0].numpy())
    return np.concatenate(parts)


def effective_rank(embedding: Tensor) -> float:
    """Of the centred embeddings: the exponential of the entropy of their singular values' shares (Roy and Vetterli 2007). 1 is a collapse onto a line."""
    values = torch.linalg.svdvals((embedding - embedding.mean(0)).double())
    shares = values / values.sum()
    return float(torch.exp(-(shares * shares.clamp(min=1e-12).log()).sum()))


def spread(embedding: Tensor) -> dict[str, float]:
    """How alike the embeddings of different pictures are: 1 is a collapse onto a point."""
    likeness = embedding @ embedding.T
    n = len(embedding)
    return {"meanCosine": float((likeness.sum() - likeness.trace()) / (n * (n - 1))), "rank": effective_rank(embedding)}


def mean_auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Over the columns; NaN in `truth` is unknown. A column that has one answer only is left out."""
    areas = []
    for k in range(truth.shape[1]):
        known = ~np.isnan(truth[:, k])
        positive = truth[known, k] > 0.5
        if positive.any() and not positive.all():
            areas.append(auc(scores[known, k], positive))
    return float(np.mean(areas))


def mean_balanced(scores: np.ndarray, truth: np.ndarray) -> float:
    usable = [k for k in range(truth.shape[1]) if 0 < truth[:, k].sum() < len(truth)]
    return float(np.mean([balanced_accuracy(scores[:, k] > 0, truth[:, k] > 0.5) for k in usable]))


def compared(after: Measured, before: Measured, calm: Tensor, truth: np.ndarray) -> dict[str, float]:
    """What one set of weights does beside the bare model, with the interval of the gain in AUC."""
    rng = np.random.default_rng(0)
    draws = [rng.integers(len(truth), size=len(truth)) for _ in range(DRAWS)]
    gains = [mean_auc(after.scores[d], truth[d]) - mean_auc(before.scores[d], truth[d]) for d in draws]
    low, high = np.percentile(gains, [2.5, 97.5])
    area, own = mean_auc(after.scores, truth), mean_auc(before.scores, truth)
    cosine = float((after.embedding * calm).sum(-1).mean())
    return {"auc": area, "gain": area - own, "low": float(low), "high": float(high), "cosine": cosine}


def phantoms_of(examiner: Examiner, images: np.ndarray) -> Measured:
    tokens, embedding = examiner.encode(images)
    return Measured(examiner.margins(tokens, [examiner.plain("presence", f)[0] for f in FINDINGS]), embedding)


def adults_of(examiner: Examiner, images: np.ndarray) -> Measured:
    tokens, embedding = examiner.encode(images)
    return Measured(token_scores(examiner, tokens)[:, [ASKED.index(g) for g in GOALS]], embedding)


Group = tuple[np.ndarray, Conditions, Callable[[Examiner, np.ndarray], Measured]]
"""Pictures as bytes, what disturbs them, and how a model is measured on them."""


def side_by_side(
    models: dict[str, Captioner], seen_by: tuple[dict[str, Group], dict[str, np.ndarray]], language: tuple[Tokenizer, Questions]
) -> tuple[list[dict], dict[str, dict[str, float]]]:
    """Rows of every group's conditions with every model beside the first, "bare"; and how alike each model's embeddings are.

    `steady` is the mean cosine between a model's embeddings of a picture disturbed and undisturbed.

    seen_by: the groups of pictures, and what is true of each: [N, F], NaN is unknown.
    """
    groups, truth = seen_by
    rows: list[dict] = []
    seen: dict[tuple[str, str], Measured] = {}
    for group, (images, conditions, measure) in groups.items():
        for condition, strength in conditions:
            some = disturbed(images, condition, strength)
            own: Measured | None = None
            row: dict = {"group": group, "disturbance": condition, "strength": strength, "heldOut": condition in HELD_OUT}
            for name, model in models.items():
                got = measure(Examiner(model, *language), some)
                if condition == "none":
                    seen[group, name] = got
                own = own or got
                row[name] = compared(got, own, seen[group, "bare"].embedding, truth[group])
                row[name]["steady"] = float((got.embedding * seen[group, name].embedding).sum(-1).mean())
                if group == "phantoms":
                    row[name]["balanced"] = mean_balanced(got.scores, truth[group])
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows, {name: spread(torch.cat([seen[group, name].embedding for group in groups])) for name in models}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--bands", type=Path, required=True, help="folder of bands_train's folders")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--phantoms", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--adult", type=Path, help="folder of adult films; none is measured without it")
    parser.add_argument("--split", default="test")
    parser.add_argument("--add", action="store_true", help="measure the adults alone and add them to the evaluation.json that is there")
    args = parser.parse_args()
    torch.set_num_threads(1)
    Attention.fused = True
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    questions = Questions.load(args.data / "questions.jsonl", tokenizer)
    bare = base_model(args.init, tokenizer.get_vocab_size())
    cases, pictures, _ = read(args.phantoms, args.count)
    adults = Adults(args.adult, args.split, ("nih14",)) if args.adult else None
    truth = {"phantoms": np.array([[has(c, name) for name in FINDINGS] for c in cases], float)}
    groups: dict[str, Group] = {"phantoms": (np.array(pictures), CONDITIONS, phantoms_of)}
    if adults:
        truth["adults"] = adults.probability[:, [LABELS.index(g) for g in GOALS]].astype(float)
        groups["adults"] = (adults.images, ADULT_CONDITIONS, adults_of)
    if args.add:
        del groups["phantoms"]
    models: dict[str, Captioner] = {"bare": bare}
    for name in TAUGHT:
        models[name] = copy.deepcopy(bare)
        Bands(models[name].vision, name == "picture").fill(read_bands(args.bands / name / "bands.safetensors"))
    measured, collapse = side_by_side(models, (groups, truth), (tokenizer, questions))
    out: dict = {"phantoms": len(cases), "adults": len(adults.images) if adults else 0, "rows": measured}
    file = args.bands / "evaluation.json"
    if args.add:
        old = json.loads(file.read_text())
        rows = [row for row in old["rows"] if row["group"] != "adults"]
        out = {**old, "adults": out["adults"], "rows": [*rows, *out["rows"]], "collapseAdults": collapse}
    else:
        out["collapse"] = collapse
    file.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
