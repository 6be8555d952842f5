"""The one loop that tunes a part of a trained model: the rest stays as it is, and averaged weights are what is kept."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .batches import REPORTS_PER_BATCH, Batch, Batches
from .export import load
from .network import Captioner
from .train import WARM_UP, adamw, descend, meet, rate_at

SHOWN_EVERY = 25
"""Steps between two lines of the log, and two checkpoints."""

Losses = Callable[[Batch], Sequence[Tensor]]
"""The loss of a batch, and after it what the log says beside it."""


@dataclass
class Tuning:
    """part: what of the model is tuned, "vision" or "decoder". shown: names of what `losses` gives beside the loss.

    losses: made of the model as --init has it and of the source of batches, before --start is put in its place.
    told: reports in a batch.
    """

    part: str
    shown: tuple[str, ...]
    losses: Callable[[Captioner, Batches], Losses]
    told: int = REPORTS_PER_BATCH


def tune_part(rank: int, args: argparse.Namespace, tuning: Tuning) -> None:
    """`args.steps` steps; process 0 writes OUT/checkpoint.pt as it goes. The same arguments give the same weights."""
    meet(rank, args.processes, args.out)
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed + 1000 * rank, tuning.told)
    model = load(args.init, batches.tokenizer.get_vocab_size()).to(memory_format=torch.channels_last)
    losses = tuning.losses(model, batches)
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True)["model"])
    model.requires_grad_(False)
    # Batch norms keep the statistics of clean images: `load` leaves the model in evaluation mode.
    tuned: nn.Module = getattr(model, tuning.part).requires_grad_(True)
    optimizer, parameters = adamw(model, args.rate), list(tuned.parameters())
    average = {k: v.detach().clone() for k, v in tuned.state_dict().items() if v.is_floating_point()}
    history: list[list[float]] = []
    for step in range(args.steps):
        loss, *beside = losses(batches.draw())
        descend(loss, (optimizer, parameters), args.rate * rate_at(step, args.steps, args.steps // 2, args.warm_up), args.processes)
        average_into(average, tuned, step)
        history.append([x.item() for x in (loss, *beside)])
        done = step + 1
        if rank > 0 or (done % SHOWN_EVERY and done < args.steps):
            continue
        if done % SHOWN_EVERY == 0:
            means = np.mean(history[-SHOWN_EVERY:], axis=0)
            named = {name: round(float(mean), 4) for name, mean in zip(("loss", *tuning.shown), means, strict=True)}
            print(json.dumps({"step": done, **named}), flush=True)
        # A run that is cut off leaves its averaged weights of up to 25 steps before.
        save(model, {f"{tuning.part}.{k}": v for k, v in average.items()}, done, args.out)


def add_start(parser: argparse.ArgumentParser) -> None:
    """What every tuning of a trained model takes."""
    parser.add_argument("--init", type=Path, required=True, help="the trained model")
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier run with the same --init, to go on from with a new schedule")
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help="steps over which the rate rises; fewer for a short run")


def average_into(average: dict[str, Tensor], tuned: nn.Module, step: int) -> None:
    """Moves the running average of the tuned part's weights towards what they are after a step."""
    keep = min(0.98, step / (step + 10))
    with torch.no_grad():
        live = tuned.state_dict()
        torch._foreach_lerp_(list(average.values()), [live[k] for k in average], 1 - keep)


def save(model: Captioner, average: dict[str, Tensor], step: int, out: Path) -> None:
    """Writes the model with the averaged weights, by their names in the model, in place of those that training stands at."""
    torch.save({"model": model.state_dict() | average, "step": step}, out / "checkpoint.pt")
