"""Real radiographs: findings of adults within each source, beside baselines that see no anatomy; other hospitals; children.

Test and external films are looked at here only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .adults import ASKED, LABELS, Adults
from .baselines import FEATURES, ridge_scores, source_recognition, source_scores
from .calibration import binary_calibration_error, confidence, temperature
from .data import Kermany
from .evaluate_phantoms import attention
from .examiner import Examiner
from .names import GRID
from .statistics import auc, auc_interval
from .validation import GOALS, adult_scores, plain_rows

FEWEST = 5
"""Positives and negatives from which an AUC is given."""


@dataclass(frozen=True)
class Films:
    """One split of the adult set with a model's scores [N, len(ASKED)]."""

    adults: Adults
    scores: np.ndarray

    def of(self, label: str, sources: tuple[str, ...] | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(index, score, truth) of the films whose label is known."""
        p = self.adults.probability[:, LABELS.index(label)]
        some = ~np.isnan(p)
        if sources:
            some &= np.isin(self.adults.source, sources)
        index = np.flatnonzero(some)
        return index, self.scores[index, ASKED.index(label)], p[index] > 0.5


class Blind:
    """Baselines that see no anatomy, trained on the films of NIH ChestX-ray14; features are computed once."""

    def __init__(self, train: Adults, test: Adults) -> None:
        inside = train.source == "nih14"
        self.train, self.test = train.probability[inside], test.probability
        self.features = {name: (feature(train.images[inside]), feature(test.images)) for name, feature in FEATURES.items()}

    def aucs(self, label: str, index: np.ndarray) -> dict[str, float]:
        """AUC of each baseline on the test films `index`."""
        p = self.train[:, LABELS.index(label)]
        some, truth = ~np.isnan(p), self.test[index, LABELS.index(label)] > 0.5
        return {
            name: auc(ridge_scores(train[some], p[some] > 0.5, test[index]), truth) for name, (train, test) in self.features.items()
        }


def enough(truth: np.ndarray) -> bool:
    return FEWEST <= truth.sum() <= len(truth) - FEWEST


def findings(test: Films, train: Adults) -> dict:
    """{label: {auc, low, high, positives, n, baselines, bySource, bySubgroup}} within NIH ChestX-ray14."""
    out: dict = {}
    blind = Blind(train, test.adults)
    for label in ASKED:
        index, score, truth = test.of(label, ("nih14",))
        if not enough(truth):
            continue
        area, low, high = auc_interval(score, truth)
        out[label] = {
            "auc": area, "low": low, "high": high, "positives": int(truth.sum()), "n": len(truth),
            "baselines": blind.aucs(label, index),
            "bySource": _by_source(test, label),
            "bySubgroup": _by_subgroup(test, index, score, truth),
        }  # fmt: skip
        index, score, truth = test.of(label)
        p = train.probability[:, LABELS.index(label)]
        known = ~np.isnan(p)
        alone = source_scores(train.source[known], p[known] > 0.5, test.adults.source[index])
        out[label]["allSources"] = {"auc": auc(score, truth), "sourceAlone": auc(alone, truth), "n": len(truth)}
    return out


def _by_source(test: Films, label: str) -> dict:
    out = {}
    for source in np.unique(test.adults.source):
        _, score, truth = test.of(label, (str(source),))
        if enough(truth):
            out[str(source)] = {"auc": auc(score, truth), "positives": int(truth.sum()), "n": len(truth)}
    return out


def _by_subgroup(test: Films, index: np.ndarray, score: np.ndarray, truth: np.ndarray) -> dict:
    rows = [test.adults.rows[i] for i in index]
    ages = np.array([float(r["age"]) if r["age"] else np.nan for r in rows])
    groups = {
        "women": np.array([r["sex"] == "F" for r in rows]), "men": np.array([r["sex"] == "M" for r in rows]),
        "PA": np.array([r["view"] == "PA" for r in rows]), "AP": np.array([r["view"] == "AP" for r in rows]),
        "under 40": ages < 40, "40 to 59": (ages >= 40) & (ages < 60), "60 and over": ages >= 60,
    }  # fmt: skip
    return {
        name: {"auc": auc(score[some], truth[some]), "positives": int(truth[some].sum()), "n": int(some.sum())}
        for name, some in groups.items()
        if enough(truth[some])
    }


def calibrate(val: Films, test: Films) -> dict:
    """Temperature of the adults (fitted on val), and on test the calibration error before and after, over all labels of NIH."""

    def pooled(films: Films) -> tuple[np.ndarray, np.ndarray]:
        parts = [films.of(label, ("nih14", "nih_effusion"))[1:] for label in ASKED if label != "ap"]
        return np.concatenate([s for s, _ in parts]), np.concatenate([t for _, t in parts])

    fitted = temperature(*pooled(val))
    scores, truth = pooled(test)
    _, normal, is_normal = test.of("normal")
    share = confidence(scores)
    return {
        "temperature": fitted, "n": len(truth), "ece": binary_calibration_error(scores, truth),
        "eceCalibrated": binary_calibration_error(scores / fitted, truth),
        "sureOfBoth": float((np.maximum(share, 1 - share) > 0.99).mean()),
        "yesAt99OnNormal": _yes_at_99(test),
        "normalYesOnNormal": float((normal[is_normal] > 0).mean()), "normalYesOnOthers": float((normal[~is_normal] > 0).mean()),
    }  # fmt: skip


def _yes_at_99(test: Films) -> float:
    """Share of readers' normal films on which some finding is answered yes with 99 % or more."""
    index, _, truth = test.of("normal", ("rsna_normal",))
    columns = [ASKED.index(name) for name in ASKED if name not in ("normal", "ap")]
    normal = confidence(test.scores[index[truth]][:, columns])
    return float((normal >= 0.99).any(axis=1).mean())


def external(examiner: Examiner, root: Path) -> dict:
    """Other hospitals: normal against tuberculosis, nodule against none, heart against the cardiothoracic ratio."""
    out = {}
    for source, label, positive in (
        ("shenzhen", "normal", "Normal"), ("montgomery", "normal", "Normal"), ("jsrt", "nodule", "Nodule"),
    ):  # fmt: skip
        films = Adults(root, "external", (source,))
        score = adult_scores(examiner, films.images)[:, ASKED.index(label)]
        out[source] = {"question": label, **_area(score, np.array([r["labels"] == positive for r in films.rows]))}
    films = Adults(root, "external", ("wingspan",))
    ratio = np.array([float(r["labels"].removeprefix("CTR=") or "nan") for r in films.rows])
    some = ~np.isnan(ratio)
    score = adult_scores(examiner, films.images[some])[:, ASKED.index("cardiomegaly")]
    out["wingspan"] = {"question": "cardiomegaly", **_area(score, ratio[some] > 0.5)}
    return out


def _area(score: np.ndarray, truth: np.ndarray) -> dict:
    area, low, high = auc_interval(score, truth)
    return {"auc": area, "low": low, "high": high, "positives": int(truth.sum()), "n": len(truth)}


def children(examiner: Examiner, root: Path, split: str) -> dict:
    """Pneumonia and normal on the Kermany films, with the children's temperature (fitted on val)."""
    rows = [examiner.plain("presence", "pneumonia")[0], examiner.plain("normal")[0]]

    def scores(part: str) -> tuple[np.ndarray, np.ndarray]:
        films = Kermany(root, part)
        return examiner.margins(examiner.encode(films.images)[0], rows), films.labels

    (val, val_sick), (test, sick) = scores("val"), scores(split)
    fitted = temperature(val[:, 0], val_sick)
    return {
        **_area(test[:, 0], sick), "normalAuc": auc(test[:, 1], ~sick), "temperature": fitted,
        "ece": binary_calibration_error(test[:, 0], sick), "eceCalibrated": binary_calibration_error(test[:, 0] / fitted, sick),
    }  # fmt: skip


BOXED = {
    "Cardiomegaly": "cardiomegaly", "Effusion": "effusion", "Pneumothorax": "pneumothorax", "Nodule": "nodule", "Mass": "nodule",
    "Atelectasis": "atelectasis", "Pneumonia": "pneumonia", "LungOpacity": "pneumonia",
}  # fmt: skip
"""The question about what a reader's box surrounds (NIH boxes; RSNA boxes are lung opacities suspicious of pneumonia)."""


def pointing(examiner: Examiner, films: Adults) -> dict:
    """Does the most attended token lie in a reader's box of the finding? With the share of the picture that the boxes cover."""
    rows, hits, chance = plain_rows(examiner), [], []
    for row, image in zip(films.rows, films.images, strict=True):
        inside: dict[str, np.ndarray] = {}
        for part in filter(None, row["boxes"].split("|")):
            finding, _, place = part.partition(":")
            if finding in BOXED:
                box = box_tokens(place, row)
                inside[BOXED[finding]] = inside.get(BOXED[finding], np.zeros_like(box)) | box
        for label, boxed in inside.items():
            peak = int(attention(examiner, examiner.encode(image[None])[0], rows[label])[0].argmax())
            hits.append(boxed.ravel()[peak])
            chance.append(boxed.mean())
    return {"hit": float(np.mean(hits)), "chance": float(np.mean(chance)), "n": len(hits)} if hits else {"n": 0}


def box_tokens(place: str, row: dict[str, str]) -> np.ndarray:
    """[16, 16] whether each token's centre is in a box "x y w h", fractions of the padded picture, after the central crop."""
    left, top, width, height = (224 * float(v) for v in place.split())
    x, y, w, h = (int(row[k]) for k in ("pad_x", "pad_y", "fit_width", "fit_height"))
    side = min(w, h)
    centre = (np.arange(GRID) + 0.5) * side / GRID
    across, down = x + (w - side) // 2 + centre, y + (h - side) // 2 + centre
    return ((down >= top) & (down <= top + height))[:, None] & ((across >= left) & (across <= left + width))[None]


def evaluate(examiner: Examiner, root: Path, split: str) -> dict:
    """All that is said of adults, on `split`; baselines and temperatures come from train and val."""
    train = Adults(root, "train")
    tested = Adults(root, split)
    val = Adults(root, "val") if split != "val" else tested
    test_films = Films(tested, adult_scores(examiner, tested.images))
    val_films = Films(val, adult_scores(examiner, val.images)) if val is not tested else test_films
    each = findings(test_films, train)
    return {
        "split": split, "n": len(tested), "findings": each,
        "meanAuc": float(np.mean([each[name]["auc"] for name in GOALS if name in each])),
        "calibration": calibrate(val_films, test_films), "pointing": pointing(examiner, tested),
        "sourceRecognition": source_recognition(train.images, train.source, tested.images, tested.source),
        **({"external": external(examiner, root)} if split == "test" else {}),
    }  # fmt: skip
