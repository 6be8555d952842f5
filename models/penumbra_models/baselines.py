"""What a label can be told by without looking at the lungs: the picture's border, its grey levels, its source.

An AUC of a model means something only above these.
"""

import numpy as np

from .statistics import auc

BLOCKS = 14
BINS = 32


def block_means(images: np.ndarray) -> np.ndarray:
    """[N, 14, 14] mean grey levels in [0, 1] of bytes [N, 224, 224]."""
    n, height, width = images.shape
    return images.reshape(n, BLOCKS, height // BLOCKS, BLOCKS, width // BLOCKS).mean(axis=(2, 4)) / 255


def outer_ring(images: np.ndarray) -> np.ndarray:
    """[N, 52]: the block means of the outermost ring, where no lung is."""
    inner = np.zeros((BLOCKS, BLOCKS), bool)
    inner[1:-1, 1:-1] = True
    return block_means(images)[:, ~inner]


def histogram(images: np.ndarray) -> np.ndarray:
    """[N, 32]: share of pixels by grey level."""
    return np.stack([np.bincount(image.ravel() // (256 // BINS), minlength=BINS) / image.size for image in images])


def texture(images: np.ndarray) -> np.ndarray:
    """[N, 8]: log energy of differences between pixels 1 to 8 apart: what resampling leaves behind."""
    rows = []
    for image in images:
        x = image.astype(np.float32) / 255
        rows.append([np.log(np.square(x[:, d:] - x[:, :-d]).mean() + 1e-8) for d in range(1, 9)])
    return np.array(rows)


FEATURES = {"outer ring": outer_ring, "histogram": histogram, "texture": texture}


def ridge_scores(train: np.ndarray, truth: np.ndarray, test: np.ndarray, penalty: float = 10.0) -> np.ndarray:
    """Scores of `test` by ridge regression of a yes-no truth on standardized features, both classes weighing the same."""
    mean, spread = train.mean(0), train.std(0) + 1e-6
    x = np.c_[(train - mean) / spread, np.ones(len(train))]
    weight = np.where(truth, 0.5 / max(1, truth.sum()), 0.5 / max(1, (~truth).sum())) * len(truth)
    regular = penalty * np.eye(x.shape[1])
    regular[-1, -1] = 0
    w = np.linalg.solve((x * weight[:, None]).T @ x + regular, (x * weight[:, None]).T @ np.where(truth, 1.0, -1.0))
    return np.c_[(test - mean) / spread, np.ones(len(test))] @ w


def source_scores(source: np.ndarray, truth: np.ndarray, test_source: np.ndarray) -> np.ndarray:
    """The share of positives of each film's source in training: all that the source alone can say."""
    share = {s: truth[source == s].mean() for s in np.unique(source)}
    return np.array([share.get(s, truth.mean()) for s in test_source])


def source_recognition(train: np.ndarray, source: np.ndarray, test: np.ndarray, test_source: np.ndarray) -> dict[str, float]:
    """AUC with which each pair of sources is told apart by texture."""
    out = {}
    features, test_features = texture(train), texture(test)
    names = sorted(set(test_source))
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            some, other = np.isin(source, (a, b)), np.isin(test_source, (a, b))
            scores = ridge_scores(features[some], source[some] == a, test_features[other])
            out[f"{a} / {b}"] = auc(scores, test_source[other] == a)
    return out
