"""Trains the captioner on phantoms and real radiographs; resumable, seeded, by steps.

uv run python -m penumbra_models.train --data data --adult DIR --kermany DIR --out runs/base --steps 6000 --decay 1500

The rate rises, stays, and falls over the last `--decay` steps. The same command goes on from the checkpoint of a run that was cut
off; with other `--steps` it is lengthened or brought to an end. Processes of one thread each average their gradients after every
step: on few shared cores that wastes less than threads do.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed

from .batches import REPORTS_PER_BATCH, Batch, Batches
from .losses import answer_loss, auxiliary_loss, contrastive_loss, label_loss, looking_loss, report_loss
from .network import Attention, Captioner, Config
from .validation import Validation

SHOWN = ("answer", "right", "answer_real", "right_real", "labels", "report", "contrastive", "where", "looking")
WARM_UP = 200
"""Steps."""


def main() -> None:
    parser = training_arguments(__doc__, steps=6000, batch=24, rate=1e-3, seed=1)
    parser.add_argument("--init", type=Path, help="checkpoint of an earlier phase to go on from, with a new schedule")
    parser.add_argument("--decay", type=int, default=1500, help="steps at the end over which the rate falls to nearly nothing")
    parser.add_argument("--validate", type=int, default=500, help="steps between two looks at the validation films")
    parser.add_argument("--phantoms", type=Path, help="rendered folder of unseen seeds, validated on too")
    run_processes(train, parser.parse_args())


def training_arguments(description: str, *, steps: int, batch: int, rate: float, seed: int) -> argparse.ArgumentParser:
    """What every training command takes, with its own defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--kermany", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch, help="of each process")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=seed)
    return parser


def run_processes(work: Callable[[int, argparse.Namespace], None], args: argparse.Namespace) -> None:
    """Calls `work(rank, args)` in each of `args.processes` processes, with the output folder made."""
    args.out.mkdir(parents=True, exist_ok=True)
    if args.processes == 1:
        work(0, args)
    else:
        torch.multiprocessing.spawn(work, (args,), nprocs=args.processes)


def rate_at(step: int, steps: int, decay: int, warm_up: int = WARM_UP) -> float:
    """Share of the full learning rate: a linear rise over `warm_up`, a plateau, a linear fall to 0.02 at `steps`."""
    rise = min(1.0, (step + 1) / warm_up)
    fall = min(1.0, (steps - step) / max(1, decay))
    return rise * (0.02 + 0.98 * max(0.0, fall))


def train(rank: int, args: argparse.Namespace) -> None:
    meet(rank, args.processes, args.out)
    checkpoint = args.out / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True) if checkpoint.exists() else None
    step = state["step"] if state else 0
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed + 1000 * rank + step)
    validation = Validation(args.adult, args.phantoms, batches.questions, batches.tokenizer) if rank == 0 else None

    model = Captioner(Config(vocabulary=batches.tokenizer.get_vocab_size()))
    model = model.to(memory_format=torch.channels_last)
    if args.init and not state:
        warm_start(model, torch.load(args.init, weights_only=True)["live"])
    optimizer = adamw(model, args.rate)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    best = 0.0
    if state:
        model.load_state_dict(state["live"])
        optimizer.load_state_dict(state["optimizer"])
        average, best = state["model"], state["best"]
    parameters = [p for p in model.parameters() if p.requires_grad]
    floats = [k for k, v in average.items() if v.is_floating_point()]
    history, began, first = [], time.time(), step

    while step < args.steps:
        loss, shown = losses(model, batches.draw(), batches.phantoms)
        descend(loss, (optimizer, parameters), args.rate * rate_at(step, args.steps, args.decay), args.processes)
        step += 1
        keep = min(0.998, step / (step + 20))
        if rank > 0:
            continue
        with torch.no_grad():
            live = model.state_dict()
            torch._foreach_lerp_([average[k] for k in floats], [live[k] for k in floats], 1 - keep)
        history.append([x.item() for x in shown])
        if step % 50 == 0:
            means = {name: round(float(v), 4) for name, v in zip(SHOWN, np.mean(history[-50:], axis=0), strict=True)}
            pace = round((step - first) * args.batch * args.processes / (time.time() - began), 1)
            print(json.dumps({"step": step, "images_per_s": pace, **means}), flush=True)
        if validation and (step % args.validate == 0 or step == args.steps):
            measured = validation.measure(average)
            print(json.dumps({"step": step, "validation": measured}), flush=True)
            if measured["adult"] > best:
                best = measured["adult"]
                torch.save({"model": average, "step": step, "validation": measured}, args.out / "best.pt")
        if step % 100 == 0 or step == args.steps:
            partial = checkpoint.with_suffix(".partial")
            # `model` is the averaged weights (what is exported), `live` the ones training goes on from.
            torch.save({"model": average, "live": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "best": best}, partial)
            partial.replace(checkpoint)


def meet(rank: int, processes: int, folder: Path) -> None:
    """Sets this process up for training and joins it with the others."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    if processes > 1:
        meeting = (folder / f"meeting-{os.getppid()}").resolve()
        distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=processes)


def losses(model: Captioner, batch: Batch, n: int) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The training loss and its parts in the order of SHOWN; `n` phantoms come first in the batch."""
    told = REPORTS_PER_BATCH
    with torch.autocast("cpu", torch.bfloat16):
        tokens, embedding, details = model.vision.encode(batch.images.contiguous(memory_format=torch.channels_last))
        loss_a, right, attention = answer_loss(model, tokens[:n], batch.asked)
        loss_r, right_real, _ = answer_loss(model, tokens[n:], batch.asked_real)
        loss_labels = label_loss(model, tokens[n:], batch.labels)
        loss_text = report_loss(model, tokens[:told], batch.report_ids)
        loss_pair = contrastive_loss(model, embedding[:told], model.text(batch.report_ids), batch.same_report)
        loss_where = auxiliary_loss(model, tokens[:n], details[:n], batch.masks)
        loss_look = looking_loss(attention, batch.asked, batch.masks)
        phantoms = 1.5 * loss_a + 0.2 * loss_text + 0.1 * loss_pair + loss_where + 0.1 * loss_look
        loss = phantoms + 1.0 * loss_r + 0.7 * loss_labels
    return loss, (loss_a, right, loss_r, right_real, loss_labels, loss_text, loss_pair, loss_where, loss_look)


def descend(loss: Tensor, learner: tuple[torch.optim.Optimizer, Sequence[Tensor]], rate: float, processes: int = 1) -> None:
    """The step that every training here takes: gradients averaged over processes and cut at norm 1. learner: the optimizer, and what it moves."""
    optimizer, parameters = learner
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    average_gradients(parameters, processes)
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


def average_gradients(parameters: Sequence[Tensor], processes: int) -> None:
    """Averages gradients over processes, in place."""
    if processes == 1:
        return
    given = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in given])
    distributed.all_reduce(flat)
    flat /= processes
    start = 0
    for g in given:
        g.copy_(flat[start : start + g.numel()].view_as(g))
        start += g.numel()


def warm_start(model: Captioner, weights: dict[str, Tensor]) -> None:
    """Takes over what has the same name and shape; heads that exist in training only may be missing."""
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or any(not name.startswith("auxiliary.") for name in missing):
        raise ValueError(f"not a checkpoint of this network: {missing} {unexpected}")


def adamw(model: torch.nn.Module, rate: float) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices only."""
    trained = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.ndim >= 2], "weight_decay": 0.05},
            {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
