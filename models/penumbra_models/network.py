"""The contrastive captioner: a small vision transformer with a convolutional stem, a text encoder, and a decoder that
answers questions and writes report sentences by cross-attending to the image tokens.

Attention is written out (matmul, softmax, matmul), so that an exported graph has one Softmax node per map to tap.
Shapes: images [B, 1, 224, 224] in [0, 1]; image tokens [B, 256, D]; ids [B, T]; logits [B, T, V].
"""

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .names import GRID

TOKENS = GRID * GRID


@dataclass(frozen=True)
class Config:
    """Sizes of the three networks."""

    width: int = 128
    heads: int = 4
    depth: int = 5
    decoder_depth: int = 2
    text_depth: int = 1
    embedding: int = 128
    vocabulary: int = 1024
    longest: int = 96
    finding_masks: int = 15
    labels: int = 16
    details: int = 96


class Mixed(torch.autograd.Function):
    """softmax(q k' + mask) v with a written-out gradient: on a CPU twice as fast as the fused kernel's.

    q [B, H, Q, d] (already scaled), k and v [B, H, K, d]; mask broadcasts to [B, H, Q, K] or is None.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            batch, heads, queries, head = q.shape
            q, k, v = (z.reshape(batch * heads, -1, head) for z in (q, k, v))
            scores = torch.bmm(q, k.transpose(1, 2))
            if mask is not None:
                scores = (scores.view(batch, heads, queries, -1) + mask.to(scores.dtype)).view_as(scores)
            weights = torch.softmax(scores, -1)
            ctx.save_for_backward(q, k, v, weights)
            return torch.bmm(weights, v).view(batch, heads, queries, head)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        q, k, v, weights = ctx.saved_tensors
        with torch.autocast("cpu", enabled=False):
            batch, heads, _, head = gradient.shape
            g = gradient.to(v.dtype).reshape(batch * heads, -1, head)
            inner = torch._softmax_backward_data(torch.bmm(g, v.transpose(1, 2)), weights, -1, weights.dtype)
            parts = (torch.bmm(inner, k), torch.bmm(inner.transpose(1, 2), q), torch.bmm(weights.transpose(1, 2), g))
            dq, dk, dv = (z.view(batch, heads, -1, head) for z in parts)
            return dq, dk, dv, None


class Attention(nn.Module):
    """Multi-head attention of queries [B, Q, D] over keys [B, K, D]; `mask` is added to the scores."""

    fused = False
    """Training may use `Mixed`, which is faster and equal up to rounding; exports never do."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        batch, queries, width = x.shape
        head = width // self.heads
        q = self.query(x).reshape(batch, queries, self.heads, head).transpose(1, 2)
        k, v = self.key_value(memory).chunk(2, dim=-1)
        k = k.reshape(memory.shape[0], memory.shape[1], self.heads, head).transpose(1, 2)
        v = v.reshape(memory.shape[0], memory.shape[1], self.heads, head).transpose(1, 2)
        if Attention.fused:
            mixed = Mixed.apply(q * head**-0.5, k, v, mask)
        else:
            scores = (q * head**-0.5) @ k.transpose(-2, -1)
            if mask is not None:
                scores = scores + mask
            mixed = scores.softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, queries, width))

    def weights(self, x: Tensor, memory: Tensor) -> Tensor:
        """The attention map itself, [B, H, Q, K], in float32."""
        batch, queries, width = x.shape
        head = width // self.heads
        q = self.query(x).reshape(batch, queries, self.heads, head).transpose(1, 2)
        k = F.linear(memory, self.key_value.weight[:width], self.key_value.bias[:width])
        k = k.reshape(batch, -1, self.heads, head).transpose(1, 2)
        return ((q * head**-0.5) @ k.transpose(-2, -1)).float().softmax(-1)


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    """Pre-norm self-attention block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, mask)
        return x + self.mlp(self.norm2(x))


class DecoderBlock(nn.Module):
    """Causal self-attention over text, then cross-attention to image tokens.

    Several questions about one image come as [B, Q, T, D] against [B, K, D], so that keys are made once an image.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.cross = nn.LayerNorm(width), Attention(width, heads)
        self.norm3, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, mask)
        normed = self.norm2(x)
        grouped = normed.reshape(tokens.shape[0], -1, x.shape[-1])
        x = x + self.cross(grouped, tokens).reshape(x.shape)
        return x + self.mlp(self.norm3(x))

    def at(self, x: Tensor, place: Tensor, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output at some places [B, Q] of each text only, [B, Q, D], and what its cross-attention was asked."""
        rows, normed = torch.arange(len(x))[:, None], self.norm1(x)
        here = x[rows, place] + self.attention(normed[rows, place], normed, mask[rows, 0, place][:, None])
        asked = self.norm2(here)
        here = here + self.cross(asked, tokens)
        return here + self.mlp(self.norm3(here)), asked


class GridBlock(nn.Module):
    """A depthwise 3x3 convolution over the token grid, then a self-attention block.

    The convolution tells neighbours from strangers, which a small transformer otherwise learns slowly; attention itself
    is untouched.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.local = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.block = Block(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        # Channels stay last in memory: the grid is a view of the tokens, and nothing is copied.
        grid = x.reshape(x.shape[0], GRID, GRID, x.shape[2]).permute(0, 3, 1, 2)
        x = x + self.local(grid).permute(0, 2, 3, 1).reshape(x.shape)
        return self.block(x)


class ConvNorm(nn.Module):
    """A 3x3 convolution and its batch normalisation, which exports fold into it."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


def shares(cells: int, pixels: int) -> Tensor:
    """[pixels, cells]: the share of each token cell that each pixel covers; columns sum to one."""
    low = torch.arange(cells, dtype=torch.float64) * pixels / cells
    pixel = torch.arange(pixels, dtype=torch.float64)[:, None]
    overlap = torch.minimum(low + pixels / cells, pixel + 1) - torch.maximum(low, pixel)
    return (overlap.clamp(min=0) * cells / pixels).float()


class Details(nn.Module):
    """Convolutions from 112 pixels over 56 to 28, where catheters, small nodules and fracture lines are several pixels long.

    The 28x28 grid is averaged onto the 16x16 token cells by area, which is two matrix products.
    """

    def __init__(self, inputs: int, middle: int, width: int) -> None:
        super().__init__()
        self.down1, self.same1 = ConvNorm(inputs, middle, 2), ConvNorm(middle, middle)
        self.down2, self.same2 = ConvNorm(middle, width, 2), ConvNorm(width, width)
        self.same3 = ConvNorm(width, width)
        self.register_buffer("shares", shares(GRID, 28), persistent=False)

    shares: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, 112, 112] to [B, 256, W]."""
        x = F.relu(self.down1(x))
        x = F.relu(x + self.same1(x))
        x = F.relu(self.down2(x))
        x = F.relu(x + self.same2(x))
        x = F.relu(x + self.same3(x))
        grid = ((x @ self.shares).transpose(2, 3) @ self.shares).transpose(2, 3)
        return grid.flatten(2).transpose(1, 2)


class Vision(nn.Module):
    """Image to tokens [B, 256, D] and a unit-norm embedding [B, E]."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 24, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(24)
        self.patch = nn.Conv2d(24, c.width, 7, stride=7)
        self.details = Details(24, 48, c.details)
        self.join = nn.Linear(c.details, c.width)
        nn.init.zeros_(self.join.weight)
        self.position = nn.Parameter(torch.randn(1, TOKENS, c.width) * 0.02)
        self.blocks = nn.ModuleList(GridBlock(c.width, c.heads) for _ in range(c.depth))
        self.norm = nn.LayerNorm(c.width)
        self.pool = nn.Linear(c.width, 1)
        self.project = nn.Linear(c.width, c.embedding)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.encode(image)[:2]

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, embedding, and the details [B, 256, W] as they join the tokens, for a training loss of their own."""
        x = (image - 0.5) * 4.0
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        details = self.details(x)
        x = self.patch(x).flatten(2).transpose(1, 2) + self.position + self.join(details)
        for block in self.blocks:
            x = block(x)
        tokens = self.norm(x)
        # Pooling weights are a sum, not a softmax-matmul: they are no attention map of the encoder.
        weights = torch.exp(self.pool(tokens).clamp(-8, 8))
        pooled = (tokens * weights).sum(dim=1) / weights.sum(dim=1)
        feature = self.project(pooled)
        return tokens, feature * torch.rsqrt((feature * feature).sum(dim=-1, keepdim=True) + 1e-12), details


def causal_mask(length: int, device: torch.device) -> Tensor:
    return torch.full((length, length), -1e4, device=device).triu(1)


class Text(nn.Module):
    """Ids [B, T] (0 pads) to a unit-norm embedding [B, E]."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.embed = nn.Embedding(c.vocabulary, c.width)
        self.position = nn.Parameter(torch.randn(1, c.longest, c.width) * 0.02)
        self.blocks = nn.ModuleList(Block(c.width, c.heads) for _ in range(c.text_depth))
        self.norm = nn.LayerNorm(c.width)
        self.project = nn.Linear(c.width, c.embedding)

    def forward(self, ids: Tensor) -> Tensor:
        present = (ids != 0).to(self.position.dtype)
        x = self.embed(ids) + self.position[:, : ids.shape[1]]
        mask = ((1.0 - present) * -1e4)[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x) * present[..., None]
        feature = self.project(x.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1.0))
        return feature * torch.rsqrt((feature * feature).sum(dim=-1, keepdim=True) + 1e-12)


class Decoder(nn.Module):
    """Ids [B, T] and image tokens [B, 256, D] to next-token logits [B, T, V]."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.embed = nn.Embedding(c.vocabulary, c.width)
        nn.init.normal_(self.embed.weight, std=0.02)
        self.position = nn.Parameter(torch.randn(1, c.longest, c.width) * 0.02)
        self.blocks = nn.ModuleList(
            DecoderBlock(c.width, c.heads) for _ in range(c.decoder_depth)
        )
        self.norm = nn.LayerNorm(c.width)

    def hidden(self, ids: Tensor, tokens: Tensor) -> Tensor:
        length = ids.shape[1]
        x = self.embed(ids) + self.position[:, :length]
        mask = causal_mask(length, ids.device)
        for block in self.blocks:
            x = block(x, tokens, mask)
        return self.norm(x)

    def answers(self, ids: Tensor, place: Tensor, mask: Tensor, last: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """`hidden` after the last token of each of many short texts in one line, [B, Q, D], and the last cross-attention there.

        ids and place (in its text) [B, N]; mask [B, 1, N, N] keeps texts apart; last [B, Q]. The attention map is [B, Q, K].
        """
        x = self.embed(ids) + self.position[0, place]
        for block in self.blocks[:-1]:
            x = block(x, tokens, mask)
        final = cast(DecoderBlock, self.blocks[-1])
        x, asked = final.at(x, last, tokens, mask)
        return self.norm(x), final.cross.weights(asked, tokens).mean(dim=1)

    def forward(self, ids: Tensor, tokens: Tensor) -> Tensor:
        return self.hidden(ids, tokens) @ self.embed.weight.T


class Auxiliary(nn.Module):
    """Heads that exist in training only: where each finding is (per token), whether it is (pooled), and labels of real pictures."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.where = nn.Linear(c.width, c.finding_masks)
        self.early = nn.Linear(c.details, c.finding_masks)
        self.scale = nn.Parameter(torch.ones(c.finding_masks))
        self.bias = nn.Parameter(torch.full((c.finding_masks,), -1.0))
        self.seen = nn.Linear(c.width, 2 * c.labels)

    def labels(self, tokens: Tensor) -> Tensor:
        """Logits [B, L]: each label's evidence, averaged over the picture with its own weights (attention pooling)."""
        evidence, weight = self.seen(tokens).float().chunk(2, dim=-1)
        return (evidence * weight.softmax(dim=1)).sum(dim=1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        where = self.where(tokens)
        pooled = torch.logsumexp(where, dim=1) - 2.0
        return where, pooled * self.scale + self.bias


class Captioner(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.vision, self.text = Vision(config), Text(config)
        self.decoder, self.auxiliary = Decoder(config), Auxiliary(config)
        self.log_scale = nn.Parameter(torch.tensor(2.3))
