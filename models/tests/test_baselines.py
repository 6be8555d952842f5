"""Baselines see what they claim to see, and nothing else."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from penumbra_models.baselines import block_means, histogram, outer_ring, ridge_scores, source_recognition, source_scores
from penumbra_models.statistics import auc


def pictures(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 224, 224), np.uint8)


def test_the_outer_ring_does_not_see_the_inside() -> None:
    images = pictures(3)
    changed = images.copy()
    changed[:, 16:-16, 16:-16] = 0
    assert outer_ring(images).shape == (3, 52)
    assert np.array_equal(outer_ring(images), outer_ring(changed))
    assert not np.array_equal(block_means(images), block_means(changed))


def test_the_histogram_does_not_see_places() -> None:
    images = pictures(2)
    shuffled = images.reshape(2, -1)[:, np.random.default_rng(1).permutation(224 * 224)].reshape(images.shape)
    assert np.array_equal(histogram(images), histogram(shuffled))
    assert histogram(images).sum(axis=1) == pytest.approx(np.ones(2))


def test_ridge_is_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    train, test = rng.normal(3, 2, (80, 5)), rng.normal(3, 2, (20, 5))
    truth = train[:, 0] + rng.normal(size=80) > 4
    mean, spread = train.mean(0), train.std(0)
    weight = np.where(truth, 40 / truth.sum(), 40 / (~truth).sum())
    expected = Ridge(alpha=10).fit((train - mean) / spread, np.where(truth, 1.0, -1.0), weight).predict((test - mean) / spread)
    assert ridge_scores(train, truth, test) == pytest.approx(expected, abs=1e-4)


def test_a_source_alone_says_its_share_and_is_at_chance_within_it() -> None:
    source, truth = np.array(["a", "a", "a", "b", "b"]), np.array([True, True, False, False, False])
    scores = source_scores(source, truth, np.array(["a", "b", "new"]))
    assert scores == pytest.approx([2 / 3, 0, 2 / 5])
    within = source_scores(source, truth, source[:3])
    assert auc(within, truth[:3]) == 0.5


def test_a_blurred_source_is_recognised() -> None:
    sharp = pictures(40)
    blurred = (sharp.astype(float) + np.roll(sharp, 1, 2)) / 2
    images, source = np.concatenate([sharp, blurred.astype(np.uint8)]), np.repeat(["sharp", "soft"], 40)
    assert source_recognition(images[::2], source[::2], images[1::2], source[1::2]) == {"sharp / soft": 1.0}
