"""Captions that are true or false of a phantom or a film, and what is known of each."""

from dataclasses import dataclass

import numpy as np

from .adults import LABELS
from .names import FINDINGS
from .vlm_dialogues import TERMS

OTHER_TERMS = {
    "cardiomegaly": ("an enlarged heart", "cardiac enlargement"), "effusion": ("pleural fluid", "fluid in the pleural space"),
    "pneumothorax": ("pleural air", "air in the pleural space"), "consolidation": ("airspace consolidation", "consolidated lung"),
    "nodule": ("a pulmonary nodule", "a lung nodule"), "edema": ("interstitial edema", "lung edema"),
    "atelectasis": ("atelectatic lung", "atelectatic change"), "fracture": ("a broken rib", "a fractured rib"),
    "hernia": ("hiatus hernia", "a hiatus hernia"), "pacemaker": ("a cardiac pacemaker", "a pacing device"),
    "tube": ("a tracheal tube", "a breathing tube in the trachea"), "line": ("a central venous catheter", "a central line"),
    "pneumonia": ("pneumonic infection", "infection of the lung tissue"),
}  # fmt: skip
"""Words for a finding beside its name; those of the question bank that are not held out."""
FRAMES = ("a chest radiograph with {}", "a chest x-ray with {}", "chest x-ray showing {}", "this radiograph shows {}", "there is {}", "{}", "an image of {}")
ABSENT = ("a chest radiograph without {}", "a chest x-ray with no {}", "no {}", "there is no {}", "no sign of {}", "a chest radiograph free of {}")
NORMAL = ("a normal chest radiograph", "normal chest x-ray", "a chest radiograph without findings", "the lungs are clear and the heart is normal in size")
SIDED = ("effusion", "pneumothorax", "consolidation", "nodule", "atelectasis", "fracture")


@dataclass(frozen=True)
class Caption:
    """A text and what it says: of a finding that it is there (on a side or anywhere) or not; "normal" of the whole."""

    text: str
    label: str
    side: str | None
    present: bool

    def on_phantom(self, case: dict) -> float:
        found = case["findings"]
        if self.label == "normal":
            return float(not found)
        if self.label == "pneumonia":
            return float("nan")
        same = [f for f in found if f["kind"] == self.label and self.side in (None, f.get("side"))]
        return float(bool(same) == self.present)

    def on_film(self, known: np.ndarray) -> float:
        if self.side is not None or self.label not in LABELS:
            return float("nan")
        p = float(known[LABELS.index(self.label)])
        return p if self.present else 1 - p


def caption(rng: np.random.Generator) -> Caption:
    """One at random: mostly of a finding's presence."""

    def one(options: tuple[str, ...]) -> str:
        return options[int(rng.integers(len(options)))]

    kind = rng.random()
    if kind < 0.08:
        return Caption(one(NORMAL), "normal", None, True)
    label = one((*FINDINGS, "pneumonia"))
    words = one((TERMS[label], TERMS[label], *OTHER_TERMS[label]))
    if kind < 0.4:
        return Caption(one(ABSENT).format(words), label, None, False)
    if kind < 0.6 and label in SIDED:
        side = one(("left", "right"))
        plain = words.removeprefix("a ")
        text = one((f"{side} {plain}", f"a {side} {plain}", f"{plain} on the {side}"))
        return Caption(one(FRAMES).format(text), label, side, True)
    return Caption(one(FRAMES).format(words), label, None, True)
