"""The small SigLIP's trained parts: a pooling head behind the frozen encoder, and a text tower of two layers.

As in SigLIP (Zhai et al. 2023): one learnt query attends to all image tokens; the text is read, in both directions, at its last place of
a fixed length that the pad token fills; a pair's logit is the scaled cosine plus a bias.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Attention, Block, Mlp


@dataclass(frozen=True)
class PairConfig:
    """Sizes of both towers."""

    vocabulary: int
    width: int = 128
    heads: int = 4
    layers: int = 2
    length: int = 48

    def as_dict(self) -> dict:
        return asdict(self)


def unit(x: Tensor) -> Tensor:
    return x * torch.rsqrt((x * x).sum(-1, keepdim=True) + 1e-12)


class PoolingHead(nn.Module):
    """Image tokens [B, 256, W] to [B, W]."""

    def __init__(self, c: PairConfig) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.randn(1, 1, c.width))
        self.attention, self.norm, self.mlp = Attention(c.width, c.heads), nn.LayerNorm(c.width), Mlp(c.width)

    def forward(self, tokens: Tensor) -> Tensor:
        # A product instead of an expansion: exports keep the batch free.
        probe = self.probe + 0 * tokens[:, :1]
        x = self.attention(probe, tokens)
        return (x + self.mlp(self.norm(x)))[:, 0]


class TextTower(nn.Module):
    """Ids [T, length], filled with the pad token, to [T, W]."""

    def __init__(self, c: PairConfig) -> None:
        super().__init__()
        self.embed = nn.Embedding(c.vocabulary, c.width)
        self.position = nn.Parameter(torch.randn(1, c.length, c.width) * 0.02)
        self.blocks = nn.ModuleList(Block(c.width, c.heads) for _ in range(c.layers))
        self.norm, self.head = nn.LayerNorm(c.width), nn.Linear(c.width, c.width)
        nn.init.normal_(self.embed.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, -1])


class SmallSiglip(nn.Module):
    """Both towers behind the frozen encoder."""

    def __init__(self, c: PairConfig) -> None:
        super().__init__()
        self.c, self.pool, self.text = c, PoolingHead(c), TextTower(c)
        self.logit_scale, self.logit_bias = nn.Parameter(torch.tensor(2.3)), nn.Parameter(torch.tensor(-4.0))

    def forward(self, tokens: Tensor, ids: Tensor) -> Tensor:
        """Logits [B, T] of every picture with every text."""
        return self.pairs(unit(self.pool(tokens)), unit(self.text(ids)))

    def pairs(self, image: Tensor, text: Tensor) -> Tensor:
        return image @ text.T * self.logit_scale.exp() + self.logit_bias


def sigmoid_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean over known pairs of -log sigmoid(+-logit); wanted [B, T] is the probability that the text is true, NaN where unknown.

    SigLIP's loss with more than one true text for each picture.
    """
    known = ~wanted.isnan()
    each = F.binary_cross_entropy_with_logits(logits, torch.where(known, wanted, 0.5), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)
