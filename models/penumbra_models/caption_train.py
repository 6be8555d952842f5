"""Trains the captioner: its decoder on clean tokens, then the same steps of four kinds of adversarial training; resumable, seeded, by steps.

uv run python -m penumbra_models.caption_train start --base BASE.pt --data data --sets train --features runs/features --out runs/caption-start
uv run python -m penumbra_models.caption_train tune --start runs/caption-start/checkpoint.pt --trained decoder --data data --sets train --out runs/caption-decoder

`start` keeps the base model's encoder frozen and reads its cached tokens. `tune` goes on from that one checkpoint: every picture of a step is
first attacked by one step along the sign of its gradient (FGSM) against the loss of its own report, unless --trained is `none`; then the named
parameters learn to write the right report all the same. Batch normalisation keeps its statistics throughout. The step's length rises to its full
one over the first part of the training, and --clean of every batch stays as it is. The first alone does not keep an encoder that learns from
ending in one report for nearly every picture; both together do (docs/decisions.md). With --watch, unseen phantoms tell whether it still tells pictures apart: the loss
of their reports on clean and attacked pictures, and the spread of their tokens against the start's.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from .caption_batches import Captions, Pictures
from .caption_network import CaptionDecoder, from_base, load
from .network import Attention, Vision
from .train import adamw, descend, rate_at
from .vlm_features import encoder

TRAINED = {
    "none": ("encoder", "decoder"),
    "decoder": ("decoder",),
    "encoder": ("encoder",),
    "full": ("encoder", "decoder"),
    "cross": ("cross",),
    "late": ("late", "decoder"),
}
"""What learns: `none` is clean training of everything; `cross` the decoder's cross-attention alone; `late` the encoder's last two blocks and the decoder."""
LATE = ("blocks.3.", "blocks.4.", "norm.")
WATCHED, WATCHED_EVERY = 32, 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    start, tune = (stages.add_parser(name) for name in ("start", "tune"))
    for each, steps, batch, rate, seed in ((start, 600, 32, 1e-3, 81), (tune, 1280, 8, 1.5e-4, 82)):
        each.add_argument("--data", type=Path, required=True)
        each.add_argument("--sets", nargs="+", default=["train"])
        each.add_argument("--out", type=Path, required=True)
        each.add_argument("--steps", type=int, default=steps)
        each.add_argument("--batch", type=int, default=batch)
        each.add_argument("--rate", type=float, default=rate)
        each.add_argument("--seed", type=int, default=seed)
    start.add_argument("--base", type=Path, required=True)
    start.add_argument("--features", type=Path, required=True)
    tune.add_argument("--start", type=Path, required=True)
    tune.add_argument("--trained", choices=TRAINED, required=True)
    tune.add_argument("--epsilon", type=float, default=0.1, help="of FGSM, in grey [0, 1]")
    tune.add_argument("--ramp", type=float, default=0.6, help="share of the steps over which epsilon rises from nothing")
    tune.add_argument("--clean", type=float, default=0.5, help="share of each batch that is not attacked")
    tune.add_argument("--short", type=float, default=0.0, help="share of single sentences among the reports; with some, a doubtful picture gets one")
    tune.add_argument("--watch", help="rendered set of unseen phantoms, looked at every 80 steps")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    args.out.mkdir(parents=True, exist_ok=True)
    (begin if args.stage == "start" else adapt)(args)


def caption_loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Cross-entropy of each text's own tokens, averaged within it, then over texts: [B]."""
    each = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none", ignore_index=0).view(len(ids), -1)
    return each.sum(1) / (ids[:, 1:] != 0).sum(1)


def loss_of(decoder: CaptionDecoder, tokens: Tensor, ids: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return caption_loss(decoder(ids[:, :-1], tokens), ids)


def fgsm(vision: Vision, decoder: CaptionDecoder, images: Tensor, ids: Tensor, epsilon: float) -> Tensor:
    """One step of epsilon along the sign of the loss' gradient, in [0, 1]."""
    x = images.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        tokens = vision(x.to(memory_format=torch.channels_last))[0]
    (gradient,) = torch.autograd.grad(loss_of(decoder, tokens, ids).sum(), x)
    return (images + epsilon * gradient.sign()).clamp(0, 1)


def begin(args: argparse.Namespace) -> None:
    """The decoder on cached tokens of the frozen encoder."""
    weights = torch.load(args.base, map_location="cpu", weights_only=True)["model"]
    decoder, texts = from_base(weights), Captions(Tokenizer.from_file(str(args.data / "tokenizer.json")))
    pictures = Pictures(args.data, args.sets, args.features)
    run = Run(args, nn.ModuleDict({"decoder": decoder}))
    while run.step < args.steps:
        rng = np.random.default_rng((args.seed, run.step))
        picks = rng.integers(len(pictures.where), size=args.batch)
        ids = texts.draw([pictures.cases[k] for k in picks], rng)
        run.learn(loss_of(decoder, pictures.rows(picks), ids).mean())
    vision = {f"vision.{k}": v for k, v in encoder(args.base).state_dict().items()}
    told = {"trained": "start", "parameters": sum(p.numel() for p in decoder.parameters()), "steps": run.step, "batch": args.batch, "epsilon": 0.0}
    state = {"config": decoder.c.as_dict(), "vision": vision, "decoder": decoder.state_dict(), "seconds": run.seconds, **told}
    torch.save(state, args.out / "checkpoint.pt")


def choose(vision: Vision, decoder: CaptionDecoder, trained: str) -> int:
    """Leaves the gradient to what learns; the number of its parameters."""
    parts = TRAINED[trained]
    count = 0
    for name, parameter in vision.named_parameters():
        learns = not name.startswith(("pool.", "project.")) and ("encoder" in parts or ("late" in parts and name.startswith(LATE)))
        parameter.requires_grad_(learns)
        count += parameter.numel() * learns
    for name, parameter in decoder.named_parameters():
        learns = "decoder" in parts or ("cross" in parts and ("crossattention" in name or "ln_cross_attn" in name))
        parameter.requires_grad_(learns)
        count += parameter.numel() * learns
    return count


class Watch:
    """Unseen phantoms with their reports, and how far apart the encoder holds them."""

    def __init__(self, args: argparse.Namespace, texts: Captions, networks: tuple[Vision, CaptionDecoder]) -> None:
        pictures = Pictures(args.data, [args.watch])
        self.networks, self.epsilon = networks, args.epsilon
        self.images, self.ids = pictures.rows(np.arange(WATCHED)), texts.draw(pictures.cases[:WATCHED], np.random.default_rng(0), short=0)
        self.spread = 1.0
        self.spread = self.look()["spread"]

    def look(self) -> dict[str, float]:
        """Loss on clean and attacked pictures; variance of a token over pictures, as a share of the start's."""
        vision, decoder = self.networks
        attacked = fgsm(vision, decoder, self.images, self.ids, self.epsilon)
        with torch.no_grad():
            clean, hard = (vision(x.to(memory_format=torch.channels_last))[0] for x in (self.images, attacked))
            losses = [loss_of(decoder, tokens, self.ids).mean().item() for tokens in (clean, hard)]
        return {"clean": round(losses[0], 4), "attacked": round(losses[1], 4), "spread": round(clean.var(0).mean().item() / self.spread, 4)}


def adapt(args: argparse.Namespace) -> None:
    vision, decoder = load(args.start)
    count = choose(vision, decoder, args.trained)
    texts, pictures = Captions(Tokenizer.from_file(str(args.data / "tokenizer.json"))), Pictures(args.data, args.sets)
    watch = Watch(args, texts, (vision, decoder)) if args.watch else None
    attacked = args.batch - round(args.batch * args.clean)
    run = Run(args, nn.ModuleDict({"vision": vision, "decoder": decoder}))
    while run.step < args.steps:
        # The same pictures and texts at the same step of every kind of training.
        rng = np.random.default_rng((args.seed, run.step))
        picks = rng.integers(len(pictures.where), size=args.batch)
        images, ids = pictures.rows(picks), texts.draw([pictures.cases[k] for k in picks], rng, args.short)
        if args.trained != "none":
            epsilon = args.epsilon * min(1.0, (run.step + 1) / max(1.0, args.ramp * args.steps))
            images[:attacked] = fgsm(vision, decoder, images[:attacked], ids[:attacked], epsilon)
        with torch.autocast("cpu", torch.bfloat16):
            tokens = vision(images.to(memory_format=torch.channels_last))[0]
        run.learn(loss_of(decoder, tokens, ids).mean())
        if watch and (run.step % WATCHED_EVERY == 0 or run.step == args.steps):
            print(json.dumps({"step": run.step, "watched": watch.look()}), flush=True)
    state = {
        "config": decoder.c.as_dict(), "vision": {f"vision.{k}": v for k, v in vision.state_dict().items()}, "decoder": decoder.state_dict(),
        "trained": args.trained, "parameters": count, "steps": args.steps, "batch": args.batch, "epsilon": 0 if args.trained == "none" else args.epsilon,
        "rate": args.rate, "ramp": args.ramp, "clean": args.clean, "short": args.short, "seconds": run.seconds,
    }  # fmt: skip
    torch.save(state, args.out / "checkpoint.pt")


class Run:
    """Steps of one training, gone on with where it was cut off. `seconds` is processor time of this process, over all its goes."""

    def __init__(self, args: argparse.Namespace, model: nn.ModuleDict) -> None:
        self.args, self.model, self.step, self.seconds = args, model, 0, 0.0
        self.file = args.out / "live.pt"
        self.optimizer = adamw(model, args.rate)
        if self.file.exists():
            state = torch.load(self.file, weights_only=True)
            model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seconds = state["step"], state["seconds"]
        self.began, self.recent = time.process_time() - self.seconds, list[float]()

    def learn(self, loss: Tensor) -> None:
        learning = [p for p in self.model.parameters() if p.requires_grad]
        descend(loss, (self.optimizer, learning), self.args.rate * rate_at(self.step, self.args.steps, self.args.steps // 2, warm_up=20))
        self.step += 1
        self.seconds = time.process_time() - self.began
        self.recent.append(loss.item())
        if self.step % 20 == 0:
            print(json.dumps({"step": self.step, "loss": round(float(np.mean(self.recent[-20:])), 4), "seconds": round(self.seconds)}), flush=True)
        if self.step % 40 == 0 or self.step == self.args.steps:
            partial = self.file.with_suffix(".partial")
            torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds}, partial)
            partial.replace(self.file)


if __name__ == "__main__":
    main()
