"""What the captioner is trained on: answers, reports, image-report pairs, and where the findings are."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .batches import Asked
from .names import FINDINGS, GRID, MASKS
from .network import Captioner

TEMPERATURE = 0.07
"""Of InfoNCE."""
COVERED = 0.04
"""Share of a token's cell from which a mask counts: a thin catheter covers little of each cell it crosses."""
PEAK = 20.0
"""Most that a covered token weighs against a free one."""


SMALL = ("consolidation", "nodule", "atelectasis", "fracture", "tube", "line")
"""Findings of few tokens, whose places weigh more; the fracture, learned last, most of all."""
KIND_WEIGHT = torch.tensor([12.0 if f == "fracture" else 3.0 if f in SMALL else 1.0 for f in FINDINGS] + [0.3] * (len(MASKS) - len(FINDINGS)))


_COLUMN = torch.arange(GRID * GRID) % GRID
SIDES = torch.stack([_COLUMN >= 0, _COLUMN < GRID // 2, _COLUMN >= GRID // 2]).float()
"""[3, 256]: the tokens of the whole image, of its left and of its right half, by `Asked.half`."""


def answer_loss(model: Captioner, tokens: Tensor, asked: Asked) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropy of the answer token over the whole vocabulary, shared with the opposite answer where the truth is unsure;
    the share answered right; the attention map [B, Q, K]."""
    last, attention = model.decoder.answers(asked.ids, asked.place, asked.mask(), asked.last, tokens)
    logits = (last @ model.decoder.embed.weight.T).float()
    right = (logits.argmax(-1) == asked.targets).float().mean()
    logs = logits.log_softmax(-1)
    told, other = (logs.gather(-1, ids[..., None])[..., 0] for ids in (asked.targets, asked.other))
    return -(asked.sure * told + (1 - asked.sure) * other).mean(), right, attention


def label_loss(model: Captioner, tokens: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy of every known label of real radiographs, rare ones weighing more. labels [B, L], NaN where unknown.

    It tells the encoder all that is known about a picture at once; the questions ask a few of it.
    """
    known = ~labels.isnan()
    target = torch.where(known, labels, 0.5)
    logits = model.auxiliary.labels(tokens).float()
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none", weight=1 + 2 * target)
    return (loss * known).sum() / known.sum().clamp(min=1)


def looking_loss(attention: Tensor, asked: Asked, masks: Tensor) -> Tensor:
    """Minus the log of the attention that falls on what is asked about, where that is there. attention [B, Q, K]."""
    kind = asked.present
    covered = (masks.flatten(2) > COVERED).float()
    wanted = covered.gather(1, kind.clamp(min=0)[..., None].expand(-1, -1, covered.shape[-1])) * SIDES[asked.half]
    counts = (kind >= 0) & (wanted.amax(-1) > 0)
    inside = (attention * wanted).sum(-1)
    return -((inside + 1e-3).log() * counts).sum() / counts.sum().clamp(min=1)


def report_loss(model: Captioner, tokens: Tensor, ids: Tensor) -> Tensor:
    hidden = model.decoder.hidden(ids[:, :-1], tokens)
    logits = (hidden @ model.decoder.embed.weight.T).float()
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0)


def contrastive_loss(model: Captioner, image: Tensor, text: Tensor, same: Tensor) -> Tensor:
    """Symmetric InfoNCE; identical reports are positives of each other. same [B, B] bool."""
    logits = (image.float() @ text.float().T) * model.log_scale.exp().clamp(max=60)
    target = same.float() / same.float().sum(dim=1, keepdim=True)
    forward = -(target * logits.log_softmax(dim=1)).sum(1).mean()
    return 0.5 * (forward - (target.T * logits.T.log_softmax(dim=1)).sum(1).mean())


def auxiliary_loss(model: Captioner, tokens: Tensor, details: Tensor, masks: Tensor) -> Tensor:
    """Where each finding is, per token, and whether it is at all. masks [B, K, 16, 16] in [0, 1].

    Covered tokens weigh more, up to PEAK times: a catheter covers a few tokens in a hundred images, and an ordinary mean
    would leave it no gradient. The details are asked too, so that they learn thin structures without the blocks behind them.
    """
    where, pooled = model.auxiliary(tokens)
    early = model.auxiliary.early(details)
    covered = (masks.flatten(2).transpose(1, 2) > COVERED).float()
    share = covered.mean(dim=(0, 1))
    peak = (0.5 / share.clamp(min=1e-3)).clamp(max=PEAK)
    weight = torch.where(covered > 0, peak, 1.0) * (KIND_WEIGHT / (1 + share * peak))
    dense = F.binary_cross_entropy_with_logits(where.float(), covered, weight=weight)
    dense = dense + 0.5 * F.binary_cross_entropy_with_logits(early.float(), covered, weight=weight)
    present = (covered.amax(1) > 0).float()
    return 2 * dense + F.binary_cross_entropy_with_logits(pooled.float(), present, pos_weight=torch.tensor(3.0), weight=KIND_WEIGHT)


def feature_loss(tokens: Tensor, embedding: Tensor, tokens_ref: Tensor, embedding_ref: Tensor) -> Tensor:
    """Distance of an encoding to a reference: mean squared difference of tokens and 1 - cosine of embeddings."""
    cosine = (embedding.float() * embedding_ref.float()).sum(-1)
    return F.mse_loss(tokens.float(), tokens_ref.float()) + 4 * (1 - cosine).mean()


def info_nce(a: Tensor, b: Tensor) -> Tensor:
    """Symmetric, of unit vectors [B, E]; the other pictures of the batch are the negatives."""
    logits = a.float() @ b.float().T / TEMPERATURE
    own = torch.arange(len(a))
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))
