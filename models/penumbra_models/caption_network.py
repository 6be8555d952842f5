"""The captioner's decoder: GPT-2's blocks with cross-attention to the picture's tokens, written so that it trains fast on one core.

Parameters have the names of transformers' GPT2LMHeadModel with `add_cross_attention`, so that published exporters read them. It starts from the
base model's decoder, which has the same shape: self-attention, cross-attention and MLP behind a norm each. Shapes: picture tokens [B, 256, W];
ids [B, T]; logits [B, T, V].
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Captioner, Config, Mixed, Vision, causal_mask


@dataclass(frozen=True)
class CaptionConfig:
    """Sizes of the decoder."""

    vocabulary: int
    width: int = 128
    layers: int = 2
    heads: int = 4
    longest: int = 96

    def as_dict(self) -> dict:
        return asdict(self)


class Conv1D(nn.Module):
    """GPT-2's linear layer: weight [in, out]."""

    def __init__(self, outputs: int, inputs: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(inputs, outputs) * 0.02), nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.T, self.bias)


class SelfAttention(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.heads = c.heads
        self.c_attn, self.c_proj = Conv1D(3 * c.width, c.width), Conv1D(c.width, c.width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (_heads(part, self.heads) for part in self.c_attn(x).chunk(3, -1))
        return self.c_proj(_mix(q, k, v, mask))


class CrossAttention(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.heads = c.heads
        self.q_attn, self.c_attn, self.c_proj = Conv1D(c.width, c.width), Conv1D(2 * c.width, c.width), Conv1D(c.width, c.width)

    def forward(self, x: Tensor, tokens: Tensor) -> Tensor:
        k, v = (_heads(part, self.heads) for part in self.c_attn(tokens).chunk(2, -1))
        return self.c_proj(_mix(_heads(self.q_attn(x), self.heads), k, v, None))


class Mlp(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.c_fc, self.c_proj = Conv1D(4 * c.width, c.width), Conv1D(c.width, 4 * c.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(c.width), SelfAttention(c)
        self.ln_cross_attn, self.crossattention = nn.LayerNorm(c.width), CrossAttention(c)
        self.ln_2, self.mlp = nn.LayerNorm(c.width), Mlp(c)

    def forward(self, x: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x), mask)
        x = x + self.crossattention(self.ln_cross_attn(x), tokens)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(c.vocabulary, c.width), nn.Embedding(c.longest, c.width)
        self.h = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.ln_f = nn.LayerNorm(c.width)


class CaptionDecoder(nn.Module):
    def __init__(self, c: CaptionConfig) -> None:
        super().__init__()
        self.c, self.transformer = c, Transformer(c)

    def forward(self, ids: Tensor, tokens: Tensor) -> Tensor:
        """Logits of the token after each, float32."""
        body = self.transformer
        x = body.wte(ids) + body.wpe.weight[: ids.shape[1]]
        mask = causal_mask(ids.shape[1], ids.device)
        for block in body.h:
            x = block(x, tokens, mask)
        return (body.ln_f(x) @ body.wte.weight.T).float()


def from_base(weights: dict[str, Tensor]) -> CaptionDecoder:
    """The base model's decoder (`Captioner.decoder`), renamed."""
    own = {k.removeprefix("decoder."): v.float() for k, v in weights.items() if k.startswith("decoder.")}
    vocabulary, width = own["embed.weight"].shape
    layers = 1 + max(int(k.split(".")[1]) for k in own if k.startswith("blocks."))
    decoder = CaptionDecoder(CaptionConfig(vocabulary, width, layers, longest=own["position"].shape[1]))
    named = {"wte.weight": own["embed.weight"], "wpe.weight": own["position"][0], "ln_f.weight": own["norm.weight"], "ln_f.bias": own["norm.bias"]}
    for i in range(layers):
        here, there = f"blocks.{i}.", f"h.{i}."
        for old, new in (("norm1", "ln_1"), ("norm2", "ln_cross_attn"), ("norm3", "ln_2")):
            named.update({f"{there}{new}.{p}": own[f"{here}{old}.{p}"] for p in ("weight", "bias")})
        products = {
            "attn.c_attn": ("attention.query", "attention.key_value"), "attn.c_proj": ("attention.out",), "crossattention.q_attn": ("cross.query",),
            "crossattention.c_attn": ("cross.key_value",), "crossattention.c_proj": ("cross.out",), "mlp.c_fc": ("mlp.up",), "mlp.c_proj": ("mlp.down",),
        }  # fmt: skip
        for new, parts in products.items():
            named[f"{there}{new}.weight"] = torch.cat([own[f"{here}{o}.weight"] for o in parts]).T.contiguous()
            named[f"{there}{new}.bias"] = torch.cat([own[f"{here}{o}.bias"] for o in parts])
    decoder.transformer.load_state_dict(named)
    return decoder


def load(checkpoint: Path) -> tuple[Vision, CaptionDecoder]:
    """Encoder and decoder of a finished `start` or `tune`."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    c = CaptionConfig(**state["config"])
    vision = Captioner(Config(vocabulary=c.vocabulary)).vision
    vision.load_state_dict({k.removeprefix("vision."): v for k, v in state["vision"].items()})
    decoder = CaptionDecoder(c)
    decoder.load_state_dict(state["decoder"])
    return vision.eval().to(memory_format=torch.channels_last), decoder


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def _mix(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    mixed = Mixed.apply(q * q.shape[-1] ** -0.5, k, v, mask)
    return mixed.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1)
