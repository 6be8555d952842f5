"""How features stand noise, and answers attacks, on float weights in PyTorch."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from .evaluate_phantoms import has
from .examiner import BATCH, Examiner, unit
from .names import FINDINGS
from .network import causal_mask
from .statistics import mean_interval, wilson

NOISED = 50
"""Phantoms on which the Gaussian robustness score is taken."""
DRAWS = {0.05: 8, 0.1: 64, 0.25: 8}
"""Noise draws for each of them, by sigma."""
LATTICE = 255
"""Grey levels of the certificate the page computes: noise is clipped to [0, 1] and rounded to the picture's own levels."""


@torch.no_grad()
def gaussian_score(examiner: Examiner, images: np.ndarray, sigma: float, draws: int, *, clipped: bool = False) -> dict:
    """Mean over images of E[(1 + cos(f(x + noise), f(x))) / 2], with its bootstrap interval over images.

    The noise is not clipped, or, if `clipped`, ends on the lattice of grey levels in [0, 1], which is what the page certifies.
    """
    generator = torch.Generator().manual_seed(7)
    x = unit(images)
    embedding = examiner.model.vision(x)[1]
    scores = []
    for _ in range(draws):
        noisy = x + sigma * torch.randn(x.shape, generator=generator)
        if clipped:
            noisy = (noisy.clamp(0, 1) * LATTICE).round() / LATTICE
        scores.append((1 + (examiner.model.vision(noisy)[1] * embedding).sum(-1)) / 2)
    per_image = torch.stack(scores).mean(0)
    low, high = mean_interval(per_image.numpy())
    return {"mean": float(per_image.mean()), "low": low, "high": high, "lowestDecile": float(per_image.quantile(0.1)),
            "images": len(x), "draws": draws}  # fmt: skip


def gaussian(examiner: Examiner, images: np.ndarray) -> dict:
    """{sigma: score} with free noise, and the same under `clipped`."""
    some = images[:NOISED]
    out: dict = {str(s): gaussian_score(examiner, some, s, draws) for s, draws in DRAWS.items()}
    out["clipped"] = {str(s): gaussian_score(examiner, some, s, min(draws, 16), clipped=True) for s, draws in DRAWS.items()}
    return out


def questions_to_attack(cases: list[dict], examiner: Examiner, count: int) -> tuple[list[int], list[int], np.ndarray]:
    """(image, question, truth): findings in turn, present and absent in turn."""
    images: list[int] = []
    rows, yes = [], []
    for k in range(count):
        finding, wanted = FINDINGS[k % len(FINDINGS)], (k // len(FINDINGS)) % 2 == 0
        free = (i for i, case in enumerate(cases) if i not in images and has(case, finding) == wanted)
        chosen = next(free, None)
        if chosen is None:
            raise ValueError(f"Only {len(cases)} phantoms: too few for {count} questions, each about another picture.")
        images.append(chosen)
        rows.append(examiner.plain("presence", finding)[0])
        yes.append(wanted)
    return images, rows, np.array(yes)


def attacked_accuracy(examiner: Examiner, cases: list[dict], images: np.ndarray, count: int) -> dict:
    """Accuracy of balanced questions under linf PGD-20 of 0, 1, 2 and 4 grey levels, with Wilson intervals."""
    picked, rows, yes = questions_to_attack(cases, examiner, count)
    out: dict = {"n": len(rows)}
    for k in (0, 1, 2, 4):
        survived = attacked(examiner, (images[picked], rows, yes), k / 255, 20 if k else 0)
        low, high = wilson(int(survived.sum()), len(survived))
        out[f"{k}/255"] = {"accuracy": float(survived.mean()), "low": low, "high": high}
    return out


def attacked(examiner: Examiner, asked: tuple[np.ndarray, list[int], np.ndarray], epsilon: float, steps: int) -> np.ndarray:
    """Which of N answers are still right after linf PGD on the margin; `asked` is images, one question and truth for each.

    Gradients are taken in bfloat16; the worst iterate found then counts by its margin in float32.
    """
    images, rows, yes = asked
    x = unit(images)
    sign = torch.from_numpy(np.where(yes, 1.0, -1.0)).float()
    lengths = torch.from_numpy(examiner.questions.lengths[rows])
    ids = torch.from_numpy(examiner.questions.ids[rows][:, : int(lengths.max())])
    place = torch.arange(ids.shape[1]).expand_as(ids)
    mask = causal_mask(ids.shape[1], ids.device).expand(len(ids), 1, -1, -1)
    embed = examiner.model.decoder.embed.weight
    direction = embed[examiner.words["yes"]] - embed[examiner.words["no"]]

    def margin(image: Tensor, some: slice) -> Tensor:
        tokens, _ = examiner.model.vision(image)
        hidden, _ = examiner.model.decoder.answers(ids[some], place[some], mask[some], lengths[some, None] - 1, tokens)
        return sign[some] * (hidden[:, 0].float() @ direction)

    return np.concatenate([
        _survives(x[some], partial(margin, some=some), epsilon, steps).numpy()
        for some in (slice(i, min(i + BATCH, len(x))) for i in range(0, len(x), BATCH))
    ])  # fmt: skip


def _survives(x: Tensor, margin: Callable[[Tensor], Tensor], epsilon: float, steps: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    delta = (torch.rand(x.shape, generator=generator) * 2 - 1) * epsilon
    worst, lowest = torch.zeros_like(x), torch.full((len(x),), torch.inf)
    for _ in range(steps):
        delta = ((x + delta).clamp(0, 1) - x).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            m = margin(x + delta)
        (gradient,) = torch.autograd.grad(m.sum(), delta)
        better = m.detach() < lowest
        worst[better], lowest[better] = delta.detach()[better], m.detach().float()[better]
        delta = (delta.detach() - epsilon / 8 * gradient.sign()).clamp(-epsilon, epsilon)
    last = (x + delta).clamp(0, 1)
    with torch.no_grad():
        return (margin(x) > 0) & (margin(x + worst) > 0) & (margin(last) > 0)
