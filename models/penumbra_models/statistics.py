"""Area under the ROC curve, means and shares with their intervals, and BLEU."""

import math
from collections import Counter

import numpy as np
from scipy.stats import rankdata


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Mann-Whitney estimate, ties counted half."""
    ranks = rankdata(scores)
    n = int(positive.sum())
    m = len(positive) - n
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def auc_interval(scores: np.ndarray, positive: np.ndarray, draws: int = 300) -> tuple[float, float, float]:
    """AUC and its stratified percentile bootstrap 95 % interval."""
    rng = np.random.default_rng(0)
    yes, no = np.flatnonzero(positive), np.flatnonzero(~positive)
    truth = np.r_[np.ones(len(yes), bool), np.zeros(len(no), bool)]
    samples = [auc(scores[np.r_[rng.choice(yes, len(yes)), rng.choice(no, len(no))]], truth) for _ in range(draws)]
    low, high = np.percentile(samples, [2.5, 97.5])
    return auc(scores, positive), float(low), float(high)


def auc_error(area: float, positive: int, n: int) -> tuple[float, float]:
    """95 % interval of an AUC from its counts alone (Hanley and McNeil 1982), cut to [0, 1]."""
    negative = n - positive
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = (area * (1 - area) + (positive - 1) * (q1 - area**2) + (negative - 1) * (q2 - area**2)) / (positive * negative)
    half = 1.959964 * math.sqrt(max(0.0, variance))
    return max(0.0, area - half), min(1.0, area + half)


def balanced_accuracy(says: np.ndarray, positive: np.ndarray) -> float:
    """Mean of sensitivity and specificity."""
    return float((says[positive].mean() + (~says[~positive]).mean()) / 2)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927)."""
    z = 1.959964
    centre = (hits + z * z / 2) / (n + z * z)
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(values: np.ndarray, draws: int = 1000) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a mean."""
    rng = np.random.default_rng(0)
    low, high = np.percentile(rng.choice(values, (draws, len(values))).mean(1), [2.5, 97.5])
    return float(low), float(high)


def bleu(written: list[list[str]], references: list[list[str]], order: int = 4) -> float:
    """Corpus BLEU (Papineni et al. 2002), one reference each, no smoothing."""
    logs = 0.0
    for n in range(1, order + 1):
        hits, total = 0, 0
        for text, reference in zip(written, references, strict=True):
            grams = Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))
            known = Counter(tuple(reference[i : i + n]) for i in range(len(reference) - n + 1))
            hits += sum(min(count, known[gram]) for gram, count in grams.items())
            total += sum(grams.values())
        if hits == 0:
            return 0.0
        logs += math.log(hits / total) / order
    length, target = sum(map(len, written)), sum(map(len, references))
    return math.exp(logs + min(0.0, 1 - target / max(1, length)))
