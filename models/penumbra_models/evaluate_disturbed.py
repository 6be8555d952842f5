"""Right answers about disturbed pictures, of a model and of the one whose decoder it was tuned from, on the same pictures and features."""

import numpy as np
import torch
from torch import Tensor

from .data import Kermany
from .disturb import HELD_OUT, TRAINED, Disturbance
from .evaluate_phantoms import has
from .examiner import BATCH, Examiner, unit
from .names import FINDINGS
from .statistics import auc, balanced_accuracy

STRENGTHS = (0.4, 0.8)
"""Of each disturbance, as a share of its largest."""
DRAWS = 300
"""Of the bootstrap."""


def disturbed(pair: tuple[Examiner, Examiner], phantoms: tuple[np.ndarray, list[dict]], children: Kermany) -> dict:
    """{n, children, rows: [{disturbance, trained, strength, phantoms, children}]} of (tuned, base), which share their encoder.

    Each population: balanced accuracy before and after, the gain with its 95 % bootstrap interval over pictures, and the mean AUC before and after.
    """
    images, cases = phantoms
    truth = np.array([[has(c, name) for name in FINDINGS] for c in cases])
    rows = [pair[0].plain("presence", name)[0] for name in FINDINGS]
    pneumonia = [pair[0].plain("presence", "pneumonia")[0]]
    out = []
    none: dict[str, tuple[Disturbance | None, bool]] = {"none": (None, False)}
    kinds = none | {k: (v, True) for k, v in TRAINED.items()} | {k: (v, False) for k, v in HELD_OUT.items()}
    for name, (apply, trained) in kinds.items():
        for strength in STRENGTHS if apply else (0.0,):
            out.append({
                "disturbance": name, "trained": trained, "strength": strength,
                "phantoms": _compare(pair, rows, encode(pair[0], images, apply, strength), truth),
                "children": _compare(pair, pneumonia, encode(pair[0], children.images, apply, strength), children.labels[:, None]),
            })  # fmt: skip
    return {"n": len(cases), "children": len(children), "rows": out}


@torch.no_grad()
def encode(examiner: Examiner, images: np.ndarray, apply: Disturbance | None, strength: float) -> Tensor:
    """Tokens [N, 256, D] of the disturbed pictures, rounded to bytes as files are."""
    generator = torch.Generator().manual_seed(11)
    tokens = []
    for start in range(0, len(images), BATCH):
        x = unit(images[start : start + BATCH])
        if apply:
            x = (apply(x, torch.full((len(x),), strength), generator) * 255).round() / 255
        tokens.append(examiner.model.vision(x)[0])
    return torch.cat(tokens)


def _compare(pair: tuple[Examiner, Examiner], rows: list[int], tokens: Tensor, truth: np.ndarray) -> dict:
    after, before = (examiner.margins(tokens, rows) for examiner in pair)
    rng = np.random.default_rng(0)
    gains = []
    for _ in range(DRAWS):
        some = rng.integers(len(truth), size=len(truth))
        gains.append(_balanced(after[some], truth[some]) - _balanced(before[some], truth[some]))
    low, high = np.percentile(gains, [2.5, 97.5])
    was, now = _balanced(before, truth), _balanced(after, truth)
    return {
        "before": was, "after": now, "gain": now - was, "low": float(low), "high": float(high),
        "aucBefore": _mean_auc(before, truth), "aucAfter": _mean_auc(after, truth),
    }  # fmt: skip


def _balanced(margins: np.ndarray, truth: np.ndarray) -> float:
    """Mean over findings of balanced accuracy; a finding that all or none of the pictures have is left out."""
    usable = truth.any(0) & ~truth.all(0)
    return float(np.mean([balanced_accuracy(margins[:, k] > 0, truth[:, k]) for k in np.flatnonzero(usable)]))


def _mean_auc(margins: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([auc(margins[:, k], truth[:, k]) for k in range(truth.shape[1])]))


def disturbed_lines(r: dict) -> list[str]:
    """The card's words."""

    def row(m: dict, kind: str) -> str:
        v = m[kind]
        return f"{v['before']:.3f} | {v['after']:.3f} | {v['gain']:+.3f} ({v['low']:+.3f} to {v['high']:+.3f}) | {v['aucBefore']:.3f} | {v['aucAfter']:.3f}"

    lines = [
        "## Disturbed pictures, before and after tuning", "",
        "Before is the decoder that tuning started from; both read the same features of the same pictures. Strength is a share of the disturbance's largest",
        "(noise: sigma 0.25; dose: 200 photons; blur: 3 pixels; grid lines: amplitude 0.4; motion: 15 pixels; contrast: 0.8 lost). Motion and contrast were never",
        "trained on. The interval of the gain is over pictures.", "",
    ]  # fmt: skip
    for kind, title in (("phantoms", f"{r['n']} phantoms, 12 findings each"), ("children", f"{r['children']} children's test films, pneumonia")):
        lines += [
            f"{title}:", "",
            "| disturbance | strength | balanced accuracy before | after | gain (95 % interval) | AUC before | after |", "| --- | --- | --- | --- | --- | --- | --- |",
            *(f"| {m['disturbance']}{'' if m['trained'] or m['strength'] == 0 else ' (held out)'} | {m['strength']:.1f} | {row(m, kind)} |" for m in r["rows"]), "",
        ]  # fmt: skip
    return lines
