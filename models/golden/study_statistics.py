"""Reference numbers for the statistics of studies: SciPy, statsmodels and scikit-learn against src/study/statistics.

    uv run --with scipy --with statsmodels --with scikit-learn python golden/study_statistics.py

prints the JSON that src/study/statistics/statistics.golden.json holds.
"""

import json

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint


def delong_by_definition(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """DeLong's variance from its definition: all m x n comparisons, no ranks."""
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    variance = v10.var(ddof=1) / len(positive) + v01.var(ddof=1) / len(negative)
    return float(wins.mean()), float(variance)


def auc_case(positive: list[float], negative: list[float]) -> dict:
    p, n = np.array(positive), np.array(negative)
    auc, variance = delong_by_definition(p, n)
    labels = np.r_[np.ones(len(p)), np.zeros(len(n))]
    assert abs(auc - roc_auc_score(labels, np.r_[p, n])) < 1e-12
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    return {
        "positive": positive,
        "negative": negative,
        "auc": auc,
        "low": max(0.0, auc - half),
        "high": min(1.0, auc + half),
    }


def bootstrap_case(values: list[float]) -> dict:
    result = stats.bootstrap(
        (np.array(values),),
        np.mean,
        n_resamples=200_000,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    low, high = result.confidence_interval
    return {"values": values, "mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def main() -> None:
    rng = np.random.default_rng(7)
    scores = lambda shift, n: [round(float(v), 1) for v in rng.normal(shift, 1, n)]  # noqa: E731
    p_values = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04]
    golden = {
        "mcnemar": [
            {"b": b, "c": c, "p": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)}
            for b, c in [(0, 0), (1, 0), (2, 9), (15, 4), (120, 90), (700, 640)]
        ],
        "holm": {"p": p_values, "adjusted": multipletests(p_values, method="holm")[1].tolist()},
        "auc": [
            auc_case([0.9, 0.8, 0.7, 0.4], [0.6, 0.3, 0.2, 0.5, 0.1]),
            # Rounded to one decimal, so that there are ties.
            auc_case(scores(1, 14), scores(0, 22)),
            auc_case(scores(0.2, 9), scores(0, 7)),
        ],
        "bootstrap": [
            bootstrap_case([round(float(v), 3) for v in rng.normal(2, 1, 24)]),
            bootstrap_case([0.0] * 17 + [1.0] * 6),
        ],
        "wilson": [
            {"count": k, "n": n, **dict(zip(("low", "high"), proportion_confint(k, n, method="wilson"), strict=True))}
            for k, n in [(23, 158), (0, 12), (5, 5), (1, 3)]
        ],
    }
    print(json.dumps(golden))


if __name__ == "__main__":
    main()
