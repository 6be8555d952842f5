"""The small LLaVA's trained parts: a two-layer connector and a Llama-like decoder (RoPE, grouped queries, RMSNorm, SwiGLU).

Parameters have the names of transformers' LlamaForCausalLM, so that published exporters read them. Shapes: image tokens
[B, 256, D] of the frozen encoder; embeddings [B, N, W]; keys and values are made for fewer heads than queries.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Mixed


@dataclass(frozen=True)
class LanguageConfig:
    """Sizes of connector and decoder."""

    vocabulary: int
    features: int = 128
    width: int = 192
    middle: int = 512
    layers: int = 4
    heads: int = 4
    key_heads: int = 2
    longest: int = 512
    theta: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head(self) -> int:
        return self.width // self.heads

    def as_dict(self) -> dict:
        return asdict(self)


class RmsNorm(nn.Module):
    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return self.weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)).to(x.dtype)


def rotations(positions: Tensor, c: LanguageConfig) -> tuple[Tensor, Tensor]:
    """cos and sin [B, 1, N, head] of positions [B, N]."""
    step = c.theta ** (-torch.arange(0, c.head, 2, dtype=torch.float32) / c.head)
    angles = positions[..., None].float() * step
    angles = torch.cat([angles, angles], -1)[:, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """x [B, H, N, head]: each pair (i, i + head / 2) turned by its position's angle."""
    first, second = x.chunk(2, -1)
    return x * turn[0] + torch.cat([-second, first], -1) * turn[1]


class SelfAttention(nn.Module):
    def __init__(self, c: LanguageConfig) -> None:
        super().__init__()
        self.c = c
        self.q_proj = nn.Linear(c.width, c.heads * c.head, bias=False)
        self.k_proj = nn.Linear(c.width, c.key_heads * c.head, bias=False)
        self.v_proj = nn.Linear(c.width, c.key_heads * c.head, bias=False)
        self.o_proj = nn.Linear(c.heads * c.head, c.width, bias=False)

    def keys(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        split = (*x.shape[:2], self.c.key_heads, self.c.head)
        k, v = (p(x).reshape(split).transpose(1, 2) for p in (self.k_proj, self.v_proj))
        groups = self.c.heads // self.c.key_heads
        return rotate(k.float(), turn).repeat_interleave(groups, 1), v.float().repeat_interleave(groups, 1)

    def queries(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Scaled, [B, H, N, head]."""
        q = self.q_proj(x).reshape(*x.shape[:2], self.c.heads, self.c.head).transpose(1, 2)
        return rotate(q.float(), turn) * self.c.head**-0.5

    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else q.dtype
        mixed = Mixed.apply(q.to(dtype), k.to(dtype), v.to(dtype), mask)
        return self.o_proj(mixed.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1))


class Mlp(nn.Module):
    def __init__(self, c: LanguageConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.width, c.middle, bias=False)
        self.up_proj = nn.Linear(c.width, c.middle, bias=False)
        self.down_proj = nn.Linear(c.middle, c.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c: LanguageConfig) -> None:
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RmsNorm(c.width, c.epsilon), RmsNorm(c.width, c.epsilon)
        self.self_attn, self.mlp = SelfAttention(c), Mlp(c)

    def forward(self, x: Tensor, mask: Tensor, turn: tuple[Tensor, Tensor], start: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Rows from `start` on, [B, N - start, W], and the queries and keys of its attention."""
        normed, here = self.input_layernorm(x), slice(start, None)
        k, v = self.self_attn.keys(normed, turn)
        q = self.self_attn.queries(normed[:, here], (turn[0][:, :, here], turn[1][:, :, here]))
        x = x[:, here] + self.self_attn.mix(q, k, v, mask[:, :, here])
        return x + self.mlp(self.post_attention_layernorm(x)), q, k


class Language(nn.Module):
    """The decoder's body."""

    def __init__(self, c: LanguageConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocabulary, c.width)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = RmsNorm(c.width, c.epsilon)


class SmallLlava(nn.Module):
    """Connector and decoder; the encoder stays outside, frozen."""

    def __init__(self, c: LanguageConfig) -> None:
        super().__init__()
        self.c = c
        self.connector = nn.Sequential(nn.Linear(c.features, 2 * c.width), nn.GELU(), nn.Linear(2 * c.width, c.width))
        self.model = Language(c)
        self.lm_head = nn.Linear(c.width, c.vocabulary, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02 if isinstance(module, nn.Embedding) else module.weight.shape[1] ** -0.5 * 0.6)

    def hidden(self, embeddings: Tensor, positions: Tensor, mask: Tensor, start: int) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Normed rows from `start` on, [B, N - start, W], and each layer's queries (of those rows) and keys.

        mask [B, 1, N, N] is added to the scores. What precedes `start` goes no further than the last layer's keys.
        """
        turn, looked = rotations(positions, self.c), []
        x = embeddings
        for i, layer in enumerate(self.model.layers):
            last = i == self.c.layers - 1
            x, q, k = layer(x, mask, turn, start if last else 0)
            looked.append((q if last else q[:, :, start:], k))
        return self.model.norm(x), looked
