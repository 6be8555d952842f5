"""Temperatures and calibration errors."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss

from penumbra_models.calibration import (
    binary_calibration_error,
    confidence,
    expected_calibration_error,
    negative_log_likelihood,
    temperature,
)


def drawn(n: int = 20000) -> tuple[np.ndarray, np.ndarray]:
    """Margins that are true log odds, and answers drawn by them."""
    rng = np.random.default_rng(0)
    margins = rng.normal(0, 2, n)
    return margins, rng.random(n) < expit(margins)


def test_confidence_is_the_logistic_function_without_overflow() -> None:
    margins = np.array([-800.0, -3.0, 0.0, 3.0, 800.0])
    assert confidence(margins) == pytest.approx(expit(margins))


def test_likelihood_is_scikit_learns() -> None:
    margins, positive = drawn(500)
    assert negative_log_likelihood(margins, positive) == pytest.approx(log_loss(positive, expit(margins)))


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_temperature_undoes_a_scaling_of_true_log_odds(factor: float) -> None:
    margins, positive = drawn()
    assert temperature(factor * margins, positive) == pytest.approx(factor, rel=0.05)


def test_calibration_error_is_small_for_true_odds_and_large_for_inflated_ones() -> None:
    margins, positive = drawn()
    assert binary_calibration_error(margins, positive) < 0.01
    assert binary_calibration_error(5 * margins, positive) > 0.1


def test_calibration_error_by_hand() -> None:
    # Two bins of five: (0.55, 0.55) right once -> gap 0.05; (0.9, 0.9, 0.9, 0.9) right twice -> gap 0.4.
    sure, right = np.array([0.55, 0.55, 0.9, 0.9, 0.9, 0.9]), np.array([True, False, True, True, False, False])
    assert expected_calibration_error(sure, right, bins=5) == pytest.approx(2 / 6 * 0.05 + 4 / 6 * 0.4)


def test_full_confidence_falls_into_the_last_bin() -> None:
    assert expected_calibration_error(np.ones(4), np.array([True, True, False, True])) == pytest.approx(0.25)
