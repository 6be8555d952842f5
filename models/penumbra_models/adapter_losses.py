"""The three objectives of an adapter: right answers, one answer to all wordings, one place looked at by all wordings."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .adapter_batches import WORDINGS, ParaphraseBatch
from .names import GRID
from .network import Captioner

WINDOW = 7
"""Cells of the square over which a map's structure is compared."""


@dataclass(frozen=True)
class Weights:
    """What each objective counts; with two of them 0 the sum is the third alone."""

    task: float = 1.0
    consistency: float = 1.0
    attention: float = 0.5


def pairs() -> list[tuple[int, int]]:
    return [(i, j) for i in range(WORDINGS) for j in range(i)]


def symmetric_kl(a: Tensor, b: Tensor) -> Tensor:
    """Half the sum of both Kullback-Leibler divergences, in nats, of log-probabilities over the last axis."""
    return 0.5 * ((a.exp() - b.exp()) * (a - b)).sum(-1)


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004) of maps [N, 256] on the token grid, scaled by the larger one's peak. Differentiable."""
    peak = torch.maximum(a.amax(-1, keepdim=True), b.amax(-1, keepdim=True)).detach().clamp(min=1e-9)
    x, y = ((m / peak).view(-1, 1, GRID, GRID) for m in (a, b))
    mean = [F.avg_pool2d(m, WINDOW, 1) for m in (x, y, x * x, y * y, x * y)]
    n = WINDOW * WINDOW / (WINDOW * WINDOW - 1)
    vx, vy, cov = n * (mean[2] - mean[0] ** 2), n * (mean[3] - mean[1] ** 2), n * (mean[4] - mean[0] * mean[1])
    c1, c2 = 0.01**2, 0.03**2
    whole = (2 * mean[0] * mean[1] + c1) * (2 * cov + c2) / ((mean[0] ** 2 + mean[1] ** 2 + c1) * (vx + vy + c2))
    return whole.mean((1, 2, 3))


def answer_logs(logits: Tensor, turned: Tensor, answers: Tensor, yes_no: tuple[int, int]) -> Tensor:
    """Log-probabilities among the words that answer, [B, Q, A]; of a wording that asks the other way round yes and no change places."""
    yes, no = yes_no
    swapped = answers.clone()
    swapped[answers == yes], swapped[answers == no] = no, yes
    return torch.where(turned[..., None], logits[..., swapped], logits[..., answers]).log_softmax(-1)


def objectives(model: Captioner, batch: ParaphraseBatch, answers: Tensor, yes_no: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cross-entropy of the answer, symmetric KL and 1 - SSIM between wordings of a group, and the share answered right."""
    asked = batch.asked
    last, attention = model.decoder.answers(asked.ids, asked.place, asked.mask(), asked.last, batch.tokens)
    logits = (last @ model.decoder.embed.weight.T).float()
    logs = logits.log_softmax(-1)
    told, other = (logs.gather(-1, ids[..., None])[..., 0] for ids in (asked.targets, asked.other))
    task = -(asked.sure * told + (1 - asked.sure) * other).mean()
    said = answer_logs(logits, batch.turned, answers, yes_no).unflatten(1, (-1, WORDINGS))
    maps = attention.float().unflatten(1, (-1, WORDINGS))
    kl = torch.stack([symmetric_kl(said[:, :, i], said[:, :, j]).mean() for i, j in pairs()]).mean()
    alike = torch.stack([ssim(maps[:, :, i].flatten(0, 1), maps[:, :, j].flatten(0, 1)).mean() for i, j in pairs()]).mean()
    right = (logits.argmax(-1) == asked.targets).float().mean()
    return task, kl, 1 - alike, right
