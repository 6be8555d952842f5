"""Trains the captioner on phantoms and real radiographs; resumable, seeded.

uv run python -m penumbra_models.train --data data --kermany DIR --out runs/base --minutes 60

Processes of one thread each average their gradients after every step: on few shared cores that wastes less than threads do.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed

from .batches import REPORTS_PER_BATCH, Batch, Batches
from .losses import answer_loss, auxiliary_loss, contrastive_loss, looking_loss, report_loss
from .network import Attention, Captioner, Config

LONGEST_STEP = 4.0
"""Seconds: what a step takes beyond this it was suspended, which is no training time."""
SHOWN = ("answer", "right", "right_real", "report", "contrastive", "where", "looking")


def main() -> None:
    parser = training_arguments(__doc__, minutes=60, batch=32, rate=1.5e-3, seed=1)
    parser.add_argument("--init", type=Path, help="checkpoint of an earlier phase to go on from, with a new schedule")
    run_processes(train, parser.parse_args())


def training_arguments(description: str, *, minutes: float, batch: int, rate: float, seed: int) -> argparse.ArgumentParser:
    """What every training command takes, with its own defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--kermany", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=minutes)
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


def train(rank: int, args: argparse.Namespace) -> None:
    meet(rank, args.processes, args.out)
    checkpoint = args.out / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True) if checkpoint.exists() else None
    spent, step = (state["spent"], state["step"]) if state else (0.0, 0)
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, args.kermany, args.batch, args.seed + 1000 * rank + step)

    model = Captioner(Config(vocabulary=batches.tokenizer.get_vocab_size()))
    model = model.to(memory_format=torch.channels_last)
    if args.init and not state:
        warm_start(model, torch.load(args.init, weights_only=True)["live"])
    optimizer = adamw(model, args.rate)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    if state:
        model.load_state_dict(state["live"])
        optimizer.load_state_dict(state["optimizer"])
        average = state["model"]
    parameters = [p for p in model.parameters() if p.requires_grad]
    floats = [k for k, v in average.items() if v.is_floating_point()]
    total = args.minutes * 60
    warm_up = min(60.0, 0.05 * total)
    saved, history, before = spent, [], time.time()

    while spent < total:
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * spent / total))
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, spent / warm_up) * cosine
        loss, shown = losses(model, batches.draw(), batches.phantoms)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        now = time.time()
        spent, before = spent + average_gradients(parameters, min(now - before, LONGEST_STEP), args.processes), now
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        keep = min(0.997, step / (step + 20))
        if rank > 0:
            continue
        with torch.no_grad():
            live = model.state_dict()
            torch._foreach_lerp_([average[k] for k in floats], [live[k] for k in floats], 1 - keep)
        history.append([x.item() for x in shown])
        if step % 50 == 0:
            means = {name: round(float(v), 4) for name, v in zip(SHOWN, np.mean(history[-50:], axis=0))}
            pace = round(step * args.batch * args.processes / max(1.0, spent), 1)
            print(json.dumps({"step": step, "seconds": round(spent), "images_per_s": pace, **means}), flush=True)
        if spent - saved > 120:
            _save(checkpoint, model, average, optimizer, spent, step)
            saved = spent
    if rank == 0:
        _save(checkpoint, model, average, optimizer, total, step)


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
        loss_text = report_loss(model, tokens[:told], batch.report_ids)
        loss_pair = contrastive_loss(model, embedding[:told], model.text(batch.report_ids), batch.same_report)
        loss_where = auxiliary_loss(model, tokens[:n], details[:n], batch.masks)
        loss_look = looking_loss(attention, batch.asked, batch.masks)
        loss = 1.5 * loss_a + 0.3 * loss_r + 0.2 * loss_text + 0.1 * loss_pair + loss_where + 0.1 * loss_look
    return loss, (loss_a, right, right_real, loss_text, loss_pair, loss_where, loss_look)


def average_gradients(parameters: list[Tensor], seconds: float, processes: int) -> float:
    """Averages gradients over processes, in place; returns the mean of `seconds`, the same in every process."""
    if processes == 1:
        return seconds
    given = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([*(g.flatten() for g in given), torch.tensor([seconds])])
    distributed.all_reduce(flat)
    flat /= processes
    start = 0
    for g in given:
        g.copy_(flat[start : start + g.numel()].view_as(g))
        start += g.numel()
    return float(flat[-1])


def warm_start(model: Captioner, weights: dict[str, Tensor]) -> None:
    """Takes over what has the same name and shape; details that joined later start from scratch, with no effect at first."""
    missing, unexpected = model.load_state_dict(weights, strict=False)
    added = ("vision.details.", "vision.join.", "auxiliary.early.")
    if unexpected or any(not name.startswith(added) for name in missing):
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


def _save(path: Path, model: Captioner, average: dict, optimizer: torch.optim.Optimizer, spent: float, step: int) -> None:
    """`model` is the averaged weights (what is exported), `live` the ones training goes on from."""
    partial = path.with_suffix(".partial")
    torch.save({"model": average, "live": model.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "step": step}, partial)
    partial.replace(path)


if __name__ == "__main__":
    main()
