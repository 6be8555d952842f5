"""Every defense of the lab as a margin that PyTorch can climb: the shipped graphs, and what stands before, between and behind them."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from . import reattack_filters as filters
from .onnx_torch import Graph

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "public/models"


@dataclass(frozen=True)
class Questions:
    """Of each picture: token ids, and which tokens say yes and no."""

    ids: list[list[int]]
    answers: list[list[int]]


@dataclass
class Model:
    vision: Graph
    answer: Graph

    @classmethod
    def shipped(cls, name: str) -> "Model":
        return cls(Graph(MODELS / name / "vision.int8.onnx"), Graph(MODELS / name / "answer.int8.onnx"))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens, embedding = self.vision(image=x)[:2]
        return tokens, embedding

    def margins(self, tokens: Tensor, asked: Questions) -> Tensor:
        """Logit of yes less that of no."""
        out: list[Tensor] = [tokens.new_zeros(())] * len(asked.ids)
        for length in {len(ids) for ids in asked.ids}:
            at = [k for k, ids in enumerate(asked.ids) if len(ids) == length]
            logits = self.answer(ids=torch.tensor([asked.ids[k] for k in at]), tokens=tokens[at])[0][:, -1]
            for row, k in enumerate(at):
                yes, no = asked.answers[k]
                out[k] = logits[row, yes] - logits[row, no]
        return torch.stack(out)

    def read(self, x: Tensor, asked: Questions) -> Tensor:
        return self.margins(self.encode(x)[0], asked)


Margin: TypeAlias = Callable[[Tensor, Questions, str, Generator], Tensor]
"""Of pictures and questions by a way back (one of the shield's) and draws."""


@dataclass(frozen=True)
class Shield:
    margin: Margin
    ways: list[str] = field(default_factory=lambda: ["own"])
    draws: int = 1
    """For one step of the attacker; more than one where the defense draws."""
    judged: int = 20
    """For the verdict over an iterate, where the defense draws."""
    steps: int = 30


def pooled(margins: list[Tensor], weights: Tensor) -> Tensor:
    """Log odds of the mean probability. `weights` [members, B] or [members, 1]."""
    m = torch.stack(margins)
    return torch.logsumexp(F.logsigmoid(m) + weights.log(), 0) - torch.logsumexp(F.logsigmoid(-m) + weights.log(), 0)


def quality(x: Tensor) -> dict[str, Tensor]:
    """The gate's five features of each picture."""
    noise = F.conv2d(x, torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]])[None, None])
    laplacian = F.conv2d(x, torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None])
    white = torch.sigmoid((x - 0.96) / 0.01)
    pairs = (white[..., :, 1:] * white[..., :, :-1]).sum((1, 2, 3)) + (white[..., 1:, :] * white[..., :-1, :]).sum((1, 2, 3))
    size = x.shape[-1]
    peaks, waves = torch.arange(round(0.1 * size), round(0.49 * size) + 1), torch.arange(size // 2 + 1)
    away = (waves[None] - peaks[:, None]).abs()
    around = ((away > 1) & (away <= 6)).float()
    around = around / around.sum(1, keepdim=True)
    ratios = []
    for profile in (x.mean(3)[:, 0], x.mean(2)[:, 0]):
        power = (torch.fft.rfft(profile) / size).abs() ** 2
        ratios.append(torch.log(power[:, peaks] + 1e-9) - torch.log(power @ around.T + 1e-9))
    return {
        "noise": 0.5 * torch.log((noise**2).sum((1, 2, 3)) / (36 * (size - 2) ** 2) + 1e-8),
        "sharpness": torch.log((laplacian**2).mean((1, 2, 3)) + 1e-8),
        "gridPeak": torch.cat(ratios, 1).amax(1),
        "exposure": x.mean((1, 2, 3)),
        "ink": torch.log(pairs / (2 * size * (size - 1)) + 1e-3),
    }


GATE = json.loads((ROOT / "src/defenses/several/gateWeights.json").read_text())


def gate(x: Tensor) -> Tensor:
    """[experts, B]: normal, noisy, overlay."""
    seen = {name: (value - GATE["features"][name]["mean"]) / GATE["features"][name]["sd"] for name, value in quality(x).items()}
    scores = [torch.zeros(x.shape[0])]
    scores += [expert["bias"] + sum(expert[name] * value for name, value in seen.items()) for expert in (GATE["experts"]["noisy"], GATE["experts"]["overlay"])]
    return torch.softmax(torch.stack(scores), 0)


def noisy(x: Tensor, sigma: float, draws: Generator) -> Tensor:
    return (x + sigma * torch.randn(x.shape, generator=draws)).clamp(0, 1)


def filled(x: Tensor) -> Tensor:
    """White marks and their neighbours from their surroundings (Laplace's equation); which they are is held."""
    ink = (x >= 0.97).float()
    wide = F.conv2d(F.pad(ink, (1,) * 4), torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])[None, None]) > 0
    if not bool(wide.any()):
        return x
    out, plus = x, torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])[None, None]
    degree = F.conv2d(F.pad(torch.ones_like(x), (1,) * 4), plus)
    for _ in range(60):
        out = torch.where(wide, F.conv2d(F.pad(out, (1,) * 4), plus) / degree, x)
    return out


def low_pass_tokens(rows: int, radius: int) -> Tensor:
    """[T, T] over rows x rows tokens: waves of at most `radius` periods."""
    waves = torch.fft.fftfreq(rows, d=1 / rows)
    kept = (waves[:, None] ** 2 + waves[None] ** 2 <= radius**2 + 1e-9).float()
    units = torch.eye(rows * rows).view(-1, rows, rows)
    return torch.fft.ifft2(torch.fft.fft2(units) * kept).real.reshape(rows * rows, -1)


def with_bands(path: Path, gains: Path | None = None, radius: int = 3) -> Graph:
    """The encoder with other shares of the slow and the fast part of each self-attention's mix: the fast part a quarter stronger, or by learned gains."""
    graph = Graph(path)
    soft = {node.output[0] for node in graph.nodes if node.op_type == "Softmax"}
    mixes = [node.output[0] for node in graph.nodes if node.op_type == "MatMul" and node.input[0] in soft]
    low = low_pass_tokens(round(math.sqrt(graph_tokens(graph))), radius)
    learned = tensors_of(gains) if gains else {}

    def change(name: str, inputs: list[Tensor], made: Tensor) -> Tensor:
        if name not in mixes or made.dim() != 4 or made.shape[2] != low.shape[0]:
            return made
        slow = low @ made
        if not learned:
            return made + 0.25 * (made - slow)
        # One number for each channel; the channels lie head after head.
        heads = (made.shape[1], 1, made.shape[3])
        layer = f"blocks.{mixes.index(name)}"
        return made + learned[f"{layer}.low"].view(heads) * slow + learned[f"{layer}.high"].view(heads) * (made - slow)

    graph.change = change
    return graph


def with_adapter(path: Path, adapter: Path, gain: float) -> Graph:
    """The answering side with low-rank changes of the queries and values of its attentions to the picture."""
    graph = Graph(path)
    factors = tensors_of(adapter)
    linear = [node for node in graph.nodes if node.op_type == "MatMul" and node.input[1] in graph.constants]
    joint = [k for k, node in enumerate(linear) if node.input[0] == "tokens"]
    # The queries are made just before the joint layer of keys and values.
    places = {linear[k - 1].output[0]: f"decoder.blocks.{i}.cross.query" for i, k in enumerate(joint)}
    places |= {linear[k].output[0]: f"decoder.blocks.{i}.cross.value" for i, k in enumerate(joint)}

    def change(name: str, inputs: list[Tensor], made: Tensor) -> Tensor:
        if name not in places:
            return made
        down, up = (factors[f"{places[name]}.lora_{factor}.weight"] for factor in "AB")
        added = gain * (inputs[0] @ down.T @ up.T)
        # Values are the last half of the joint layer.
        return made + F.pad(added, (made.shape[-1] - added.shape[-1], 0))

    graph.change = change
    return graph


def tensors_of(path: Path) -> dict[str, Tensor]:
    """Of a safetensors file in float32."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        low, high = entry["data_offsets"]
        out[name] = torch.frombuffer(bytearray(data[end + low : end + high]), dtype=torch.float32).view(entry["shape"])
    return out


def graph_tokens(graph: Graph) -> int:
    shape = graph.graph.output[0].type.tensor_type.shape.dim
    return int(shape[1].dim_value)


def filtered(base: Model, filtering: Callable[[Tensor], Tensor], ways: list[str] | None = None, smooth: Callable[[Tensor], Tensor] | None = None) -> Shield:
    def margin(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
        if way == "smooth" and smooth:
            return base.read(smooth(x), asked)
        made = filtering(x)
        return base.read(filters.straight_through(x, made) if way == "identity" else made, asked)

    return Shield(margin, ways or ["own"])


def shields(base: Model) -> dict[str, Callable[[], Shield]]:
    """By the name of the lab's half; opened when asked for."""
    purifier = partial(Graph, MODELS / "purifier/purifier.int8.onnx")
    both = ["own", "identity"]

    def purified(net: Graph, x: Tensor, level: float) -> Tensor:
        return net(image=x, sigma=torch.full((x.shape[0],), level))[0]

    def booster() -> Shield:
        before, after = purifier(), Graph(MODELS / "purifier/mapper.int8.onnx")

        def margin(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
            tokens, embedding = base.encode(purified(before, x, 0.1))
            return base.margins(after(tokens=tokens, embedding=embedding, sigma=torch.full((x.shape[0],), 0.1))[0], asked)

        return Shield(margin)

    def diffusion() -> Shield:
        net = purifier()

        def margin(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
            out = noisy(x, 0.1, draws)
            for k in range(3):
                clean = purified(net, out, 0.1 * (1 - k / 3))
                out = clean + (2 - k) / (3 - k) * (out - clean)
            return base.read(out, asked)

        return Shield(margin, draws=12, steps=15)

    def smoothing(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
        copies = 12
        tokens = base.encode(noisy(x.repeat(copies, 1, 1, 1), 0.05, draws))[0]
        return base.margins(tokens.view(copies, x.shape[0], *tokens.shape[1:]).mean(0), asked)

    def vote(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
        return base.read(noisy(x, 0.05, draws), asked)

    def placed(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
        out = []
        for each in x.split(1):
            u = torch.rand(3, generator=draws).tolist()
            zoom = 1 - 0.1 * u[0]
            room = 224 * (1 - zoom) / 2
            out.append(filters.warped(each, room * (2 * u[1] - 1), room * (2 * u[2] - 1), 0, zoom, "zeros"))
        return base.read(torch.cat(out), asked)

    def poses(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
        out = base.read(x, asked)
        for k in range(1, 6):
            angle = k * math.pi * (3 - 5**0.5)
            moved = filters.warped(x, 4 * math.cos(angle), 4 * math.sin(angle), 3 * math.cos(2 * angle), 1 + 0.03 * math.sin(2 * angle), "border")
            out = out + base.read(moved * (1 + 0.03 * math.cos(3 * angle)), asked)
        return out / 6

    def several() -> Shield:
        members = [base, Model.shipped("noise"), Model.shipped("robust")]
        weights = torch.tensor([[0.33], [0.335], [0.335]])
        return Shield(lambda x, asked, way, draws: pooled([member.read(x, asked) for member in members], weights), steps=30)

    def experts() -> Shield:
        noise = Model.shipped("noise")

        def margin(x: Tensor, asked: Questions, way: str, draws: Generator) -> Tensor:
            weights = gate(x)
            held = weights.detach() if way == "held" else weights
            return pooled([base.read(x, asked), noise.read(x, asked), base.read(filled(x), asked)], held.clamp_min(1e-12))

        return Shield(margin, ["own", "held"], steps=30)

    def bare(name: str) -> Callable[[], Shield]:
        def opened() -> Shield:
            model = Model.shipped(name)
            return Shield(lambda x, asked, way, draws: model.read(x, asked))

        return opened

    def edited(vision: Graph | None = None, answer: Graph | None = None) -> Shield:
        model = Model(vision or base.vision, answer or base.answer)
        return Shield(lambda x, asked, way, draws: model.read(x, asked))

    seeing, answering = MODELS / "base/vision.int8.onnx", MODELS / "base/answer.int8.onnx"

    return {
        "none": lambda: Shield(lambda x, asked, way, draws: base.read(x, asked)),
        "featureSmoothing": lambda: Shield(smoothing, draws=2, judged=2, steps=15),
        "jpegFilter": lambda: filtered(base, filters.jpeg, ["own", "smooth"], partial(filters.jpeg, smooth=True)),
        "gaussianFilter": lambda: filtered(base, filters.gaussian),
        "medianFilter": lambda: filtered(base, filters.median, both),
        "bilateralFilter": lambda: filtered(base, filters.bilateral, both),
        "totalVariation": lambda: filtered(base, filters.total_variation, both),
        "wavelet": lambda: filtered(base, filters.wavelet, both),
        "lowPass": lambda: filtered(base, partial(filters.spectral, gains=filters.LOW_PASS)),
        "bandStop": lambda: filtered(base, partial(filters.spectral, gains=filters.BAND_STOP)),
        "resample": lambda: filtered(base, filters.down_and_up),
        "bitDepth": lambda: filtered(base, filters.fewer_levels, ["identity"]),
        "overlayRemoval": lambda: filtered(base, filled, both),
        "purifier": lambda: filtered(base, partial(purified, purifier(), level=0.1), both),
        "booster": booster,
        "diffusionPurifier": diffusion,
        "adapter": lambda: edited(answer=with_adapter(answering, MODELS / "adapters/targeted.safetensors", gain=2)),
        "frequencyModules": lambda: edited(with_bands(seeing)),
        "learnedBands": lambda: edited(with_bands(seeing, MODELS / "frequency/disturbed.safetensors")),
        "augmentationVote": lambda: Shield(poses, steps=30),
        "noiseVote": lambda: Shield(vote, draws=20, steps=15),
        "resizePad": lambda: Shield(placed, draws=12, steps=20),
        "ensemble": several,
        "mixtureOfExperts": experts,
        **{name: bare(name) for name in ("fare-2", "tecoa-2", "robust", "noise")},
    }
