"""Real adult radiographs with what is known about each: a probability for every question its source answers, nothing elsewhere.

A finding that a source does not label is unknown (NaN), never absent. What each source's words mean for the lab's questions:

- consolidation: yes for NIH "Consolidation"; unknown where only "Pneumonia" or "Infiltration" is said (air-space disease under another
  name) or where RSNA readers saw a lung opacity without it.
- pneumonia: yes for NIH "Pneumonia", surer where an RSNA reader saw a lung opacity, unknown where readers saw none; unknown for
  "Consolidation" or "Infiltration" alone.
- nodule: yes for NIH "Nodule" or "Mass" (the page's nodule is a round opacity of any size).
- normal: yes for a reader's normal; probably for NIH "No Finding" (mined from the report; devices and old changes go unsaid); no for
  any of NIH's findings, and for what readers call not normal.
- fracture and devices: unknown everywhere but in 49 adjudicated films (fracture).

Mined labels are soft: SAID for a finding the report names, UNSAID for one that it does not.
"""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

NIH_NAMES = {
    "cardiomegaly": ("Cardiomegaly",),
    "effusion": ("Effusion",),
    "pneumothorax": ("Pneumothorax",),
    "consolidation": ("Consolidation",),
    "nodule": ("Nodule", "Mass"),
    "edema": ("Edema",),
    "atelectasis": ("Atelectasis",),
    "hernia": ("Hernia",),
    "pneumonia": ("Pneumonia",),
    "infiltration": ("Infiltration",),
    "emphysema": ("Emphysema",),
    "fibrosis": ("Fibrosis",),
    "thickening": ("Pleural_Thickening",),
}
"""Label of ours: the NIH labels that mean it. The last four have no question; they train the encoder only."""
LABELS = (*NIH_NAMES, "normal", "ap", "fracture")
ASKED = ("cardiomegaly", "effusion", "pneumothorax", "consolidation", "nodule", "edema", "atelectasis", "hernia", "pneumonia", "normal", "ap")
"""Labels with a question."""
SAID, UNSAID = 0.88, 0.04
"""Probability of a mined finding that the report names, and of one it does not (Wang et al. 2017: precision about 0.9)."""
SURE = {True: 0.98, False: 0.02}
"""What a reader of the picture says."""
AIRSPACE = {"Consolidation", "Pneumonia", "Infiltration"}
TRAINED_SETS = ("nih14", "nih_effusion", "rsna_normal")
"""Hannover has one class only: its label would be told by the source."""


def known(row: dict[str, str]) -> dict[str, float]:
    """What the source of one row of index.csv says, {label: probability}; a label that is missing is unknown."""
    said = set(row["labels"].split("|"))
    source = row["set"]
    if source == "rsna_normal":
        return {"normal": SURE[True], **dict.fromkeys(NIH_NAMES, SURE[False])}
    if source == "nih_effusion":
        if "Effusion" in said:
            return {"effusion": SAID, "normal": SURE[False]}
        return {"effusion": UNSAID}
    if source == "nih14":
        return _nih(row, said)
    return {}


def _nih(row: dict[str, str], said: set[str]) -> dict[str, float]:
    out = {name: SAID if said & set(names) else UNSAID for name, names in NIH_NAMES.items()}
    reader = row["rsna_class"]
    out["normal"] = 0.8 if said == {"No Finding"} else 0.08
    if reader:
        out["normal"] = SURE[reader == "Normal"]
    if "Consolidation" not in said and (said & AIRSPACE or reader == "Lung Opacity"):
        del out["consolidation"]
    if "Pneumonia" not in said and (said & AIRSPACE or reader == "Lung Opacity"):
        del out["pneumonia"]
    if "Pneumonia" in said and reader == "Lung Opacity":
        out["pneumonia"] = SURE[True]
    elif "Pneumonia" in said and reader:
        del out["pneumonia"]
    if row["view"] in ("PA", "AP"):
        out["ap"] = SURE[row["view"] == "AP"]
    for part in filter(None, row["adjudicated"].split(";")):
        name, _, verdict = part.partition("=")
        label = {"Fracture": "fracture", "Pneumothorax": "pneumothorax", "Nodule or mass": "nodule"}.get(name)
        if label:
            out[label] = SURE[verdict == "YES"]
    return out


def picture(root: Path, row: dict[str, str]) -> np.ndarray:
    """[224, 224] bytes: the largest centred square of what is inside the padding, as the lab gives it to the model."""
    x, y, w, h = (int(row[k]) for k in ("pad_x", "pad_y", "fit_width", "fit_height"))
    side = min(w, h)
    left, top = x + (w - side) // 2, y + (h - side) // 2
    inside = Image.open(root / row["file"]).convert("L").crop((left, top, left + side, top + side))
    return np.asarray(inside.resize((224, 224), Image.Resampling.BOX if side > 224 else Image.Resampling.BILINEAR))


class Adults:
    """One split of the adult set: pictures [N, 224, 224] bytes and probabilities [N, len(LABELS)], NaN where unknown."""

    def __init__(self, root: Path, split: str, sets: tuple[str, ...] = TRAINED_SETS) -> None:
        with (root / "index.csv").open() as file:
            self.rows = [r for r in csv.DictReader(file) if r["split"] == split and r["set"] in sets]
        self.images = np.stack([picture(root, r) for r in self.rows])
        self.source = np.array([r["set"] for r in self.rows])
        self.probability = np.full((len(self.rows), len(LABELS)), np.nan, np.float32)
        for i, row in enumerate(self.rows):
            for name, p in known(row).items():
                self.probability[i, LABELS.index(name)] = p

    def __len__(self) -> int:
        return len(self.rows)


class AdultSampler:
    """Draws pictures for a label drawn first, as often one that has it as one that has not, both from the same source."""

    FEWEST = 20
    """Pictures with and without a label from which a source teaches it."""
    READERS = 0.2
    """Share of the absent ones from films that readers call normal, another source: few, as its texture could tell."""

    def __init__(self, adults: Adults, rng: np.random.Generator) -> None:
        self.rng = rng
        self.pools: dict[tuple[int, bool, str], np.ndarray] = {}
        self.sources: dict[int, list[str]] = {}
        odds = []
        for k, name in enumerate(LABELS):
            p, sources = adults.probability[:, k], []
            for source in TRAINED_SETS:
                yes, no = (np.flatnonzero((adults.source == source) & side) for side in (p > 0.5, p < 0.5))
                self.pools[k, True, source], self.pools[k, False, source] = yes, no
                if min(len(yes), len(no)) >= self.FEWEST:
                    sources.append(source)
            self.sources[k] = sources
            positives = sum(len(self.pools[k, True, s]) for s in sources)
            odds.append(np.sqrt(positives) if name in ASKED else 0.4 * np.sqrt(positives))
        self.sums = np.cumsum(odds)
        if self.sums[-1] == 0:
            raise ValueError(f"No source has {self.FEWEST} pictures with and {self.FEWEST} without any one finding: too few to train on.")

    def draw(self) -> tuple[int, int]:
        """(picture, label that it was drawn for)."""
        k = int(np.searchsorted(self.sums, self.rng.random() * self.sums[-1], side="right"))
        yes = bool(self.rng.random() < 0.5)
        source = self.sources[k][self.rng.integers(len(self.sources[k]))]
        readers = self.pools[k, yes, "rsna_normal"]
        if len(readers) and yes == (LABELS[k] == "normal") and self.rng.random() < self.READERS:
            source = "rsna_normal"
        pool = self.pools[k, yes, source]
        return int(pool[self.rng.integers(len(pool))]), k
