"""The numbers of the cards, against other people's implementations and by hand."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from penumbra_models.statistics import auc, auc_interval, balanced_accuracy, bleu, mean_interval, wilson


def test_auc_is_scikit_learns_with_ties() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(300) < 0.3
    scores = np.round(rng.normal(size=300) + truth, 1)
    assert len(np.unique(scores)) < 100
    assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_auc_turns_round_with_the_scores() -> None:
    rng = np.random.default_rng(2)
    truth, scores = rng.random(50) < 0.5, rng.normal(size=50)
    assert auc(scores, truth) + auc(-scores, truth) == pytest.approx(1)
    assert auc(np.zeros(50), truth) == 0.5


def test_auc_interval_holds_the_truth_and_narrows_with_n() -> None:
    # Two normal distributions one standard deviation apart: AUC = Phi(1 / sqrt 2).
    true = 0.5 * (1 + math.erf(0.5))
    widths = []
    for n in (100, 2000):
        rng = np.random.default_rng(3)
        truth = np.arange(n) % 2 == 0
        area, low, high = auc_interval(rng.normal(size=n) + truth, truth)
        assert low < area < high
        assert low < true < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_balanced_accuracy_is_scikit_learns() -> None:
    rng = np.random.default_rng(4)
    truth, says = rng.random(200) < 0.1, rng.random(200) < 0.4
    assert balanced_accuracy(says, truth) == pytest.approx(balanced_accuracy_score(truth, says))


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (20, 20), (7, 31), (500, 1000)])
def test_wilson_is_scipys(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_mean_interval_is_about_two_standard_errors() -> None:
    values = np.random.default_rng(5).normal(3, 2, 400)
    low, high = mean_interval(values)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)


def test_bleu_by_hand() -> None:
    written, reference = ["the", "heart", "is", "big", "and", "the", "lungs", "clear"], ["the", "heart", "is", "large", "and", "the", "lungs", "are", "clear"]
    # 1-grams 7 of 8 ("big" misses), 2-grams 4 of 7, 3-grams 2 of 6, 4-grams 0 of 5: BLEU-4 without smoothing is 0.
    assert bleu([written], [reference]) == 0
    precision = (7 / 8 * 4 / 7 * 2 / 6) ** (1 / 3)
    assert bleu([written], [reference], order=3) == pytest.approx(precision * math.exp(1 - 9 / 8))
    assert bleu([reference], [reference]) == 1


def test_bleu_counts_a_repeated_word_only_as_often_as_the_reference_has_it() -> None:
    assert bleu([["the", "the", "the"]], [["the", "lungs", "clear"]], order=1) == pytest.approx(1 / 3)
