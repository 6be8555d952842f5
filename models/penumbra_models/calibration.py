"""Confidence against truth: temperatures fitted on one split, their error measured on another."""

import numpy as np
from scipy.optimize import minimize_scalar


def confidence(margins: np.ndarray) -> np.ndarray:
    """Probability of yes, from yes minus no in nats."""
    return 0.5 * (1 + np.tanh(0.5 * margins))


def negative_log_likelihood(margins: np.ndarray, positive: np.ndarray) -> float:
    """Mean, in nats."""
    return float(np.logaddexp(0, np.where(positive, -margins, margins)).mean())


def temperature(margins: np.ndarray, positive: np.ndarray) -> float:
    """The divisor of margins that makes their likelihood largest (Guo et al. 2017), between 0.05 and 20."""
    fitted = minimize_scalar(
        lambda log: negative_log_likelihood(margins / np.exp(log), positive), bounds=(np.log(0.05), np.log(20)), method="bounded"
    )
    return float(np.exp(fitted.x))


def expected_calibration_error(sure: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Mean |accuracy - confidence| over equal bins of confidence, weighted by their counts (Naeini et al. 2015)."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gap = 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            gap += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    return float(gap)


def binary_calibration_error(margins: np.ndarray, positive: np.ndarray) -> float:
    """Expected calibration error of the answer given (yes or no) to a yes-no question."""
    p = confidence(margins)
    return expected_calibration_error(np.maximum(p, 1 - p), (margins > 0) == positive)
