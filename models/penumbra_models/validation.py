"""What training watches: AUC of the plain wordings on the validation split of the adults, and on a few unseen phantoms.

Only films of a source that has both answers count for a finding, so that texture cannot tell it.
"""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .adults import ASKED, LABELS, Adults
from .data import Questions
from .evaluate_phantoms import has, read
from .examiner import Examiner
from .names import FINDINGS
from .network import Captioner, Config
from .statistics import auc

PHANTOMS = 100
"""Looked at each time."""
GOALS = ("effusion", "cardiomegaly", "pneumothorax", "nodule", "atelectasis", "consolidation", "edema", "pneumonia", "normal")
"""Findings whose mean AUC chooses the weights."""


def plain_rows(examiner: Examiner) -> dict[str, int]:
    """The plain wording that asks for each label."""
    special = {"normal": ("normal", None), "ap": ("view", None)}
    return {name: examiner.plain(*special.get(name, ("presence", name)))[0] for name in ASKED}


def adult_scores(examiner: Examiner, images: np.ndarray) -> np.ndarray:
    """[N, len(ASKED)]: yes minus no (ap minus pa) of the plain wordings."""
    return token_scores(examiner, examiner.encode(images)[0])


def token_scores(examiner: Examiner, tokens: torch.Tensor) -> np.ndarray:
    """The same of encoded films."""
    rows = plain_rows(examiner)
    z = examiner.logits(tokens, list(rows.values()))
    words = examiner.words
    yes, no = z[..., words["yes"]] - z[..., words["no"]], z[..., words["ap"]] - z[..., words["pa"]]
    return torch.where(torch.tensor([name == "ap" for name in rows]), no, yes).numpy()


def adult_aucs(scores: np.ndarray, adults: Adults, sources: tuple[str, ...] = ("nih14",)) -> dict[str, tuple[float, int, int]]:
    """{label: (AUC, positives, negatives)} over films of `sources` whose label is known."""
    inside, out = np.isin(adults.source, sources), {}
    for k, name in enumerate(ASKED):
        p = adults.probability[:, LABELS.index(name)]
        some = inside & ~np.isnan(p)
        truth = p[some] > 0.5
        if truth.any() and not truth.all():
            out[name] = (auc(scores[some, k], truth), int(truth.sum()), int((~truth).sum()))
    return out


class Validation:
    """Measures weights while they are trained."""

    def __init__(self, adult: Path, phantoms: Path | None, questions: Questions, tokenizer: Tokenizer) -> None:
        self.adults = Adults(adult, "val", ("nih14", "nih_effusion"))
        self.questions, self.tokenizer = questions, tokenizer
        self.cases: list[dict] = []
        self.images: np.ndarray | None = None
        if phantoms:
            self.cases, self.images, _ = read(phantoms, PHANTOMS)

    @torch.no_grad()
    def measure(self, weights: dict[str, torch.Tensor]) -> dict[str, float]:
        model = Captioner(Config(vocabulary=self.tokenizer.get_vocab_size()))
        model.load_state_dict(weights)
        examiner = Examiner(model.eval(), self.tokenizer, self.questions)
        areas = adult_aucs(adult_scores(examiner, self.adults.images), self.adults)
        out = {name: round(area, 3) for name, (area, _, _) in areas.items()}
        out["adult"] = round(float(np.mean([areas[name][0] for name in GOALS])), 4)
        if self.images is not None:
            margins = examiner.margins(examiner.encode(self.images)[0], [examiner.plain("presence", f)[0] for f in FINDINGS])
            truth = np.array([[has(c, name) for name in FINDINGS] for c in self.cases])
            out["phantom"] = round(float(np.mean([auc(margins[:, k], truth[:, k]) for k in range(len(FINDINGS))])), 4)
        return out


