"""Tunes the decoder of a trained model to answer right about disturbed pictures; the image encoder stays frozen (LLaVA-Med on noisy visuals).

uv run python -m penumbra_models.language --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --out runs/noisy-language

What reaches the decoder are the features of the frozen encoder, of pictures under one disturbance each (`disturb.TRAINED`), a quarter of them
under none; asked and told as in training, with the right answer. Vision and text graphs are those of the model it started from.
"""

import argparse
import json

import numpy as np
import torch
from torch import Tensor

from .batches import Batch, Batches
from .disturb import disturb
from .export import load
from .finetune import add_start, average_into, save, started
from .losses import answer_loss, looking_loss, report_loss
from .network import Captioner
from .train import adamw, average_gradients, meet, rate_at, run_processes, training_arguments


def main() -> None:
    parser = training_arguments(__doc__, steps=400, batch=24, rate=4e-4, seed=4)
    add_start(parser)
    run_processes(tune, parser.parse_args())


def losses(model: Captioner, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and the shares of answers about phantoms and about films that are right."""
    phantoms, told = len(batch.masks), len(batch.report_ids)
    disturbed = disturb(batch.images, generator).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        tokens, _ = model.vision(disturbed)
    with torch.autocast("cpu", torch.bfloat16):
        answers, right, attention = answer_loss(model, tokens[:phantoms], batch.asked)
        real, right_real, _ = answer_loss(model, tokens[phantoms:], batch.asked_real)
        reports = report_loss(model, tokens[:told], batch.report_ids)
    looking = looking_loss(attention.float(), batch.asked, batch.masks)
    return answers + 0.5 * real + 0.3 * reports + 0.05 * looking, right, right_real


def tune(rank: int, args: argparse.Namespace) -> None:
    meet(rank, args.processes, args.out)
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed + 1000 * rank)
    model = load(args.init, batches.tokenizer.get_vocab_size()).to(memory_format=torch.channels_last)
    started(model, args)
    model.requires_grad_(False)
    model.decoder.requires_grad_(True)
    optimizer = adamw(model, args.rate)
    parameters = list(model.decoder.parameters())
    average = {k: v.detach().clone() for k, v in model.decoder.state_dict().items() if v.is_floating_point()}
    history = []
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate_at(step, args.steps, args.steps // 2, args.warm_up)
        loss, right, right_real = losses(model, batches.draw(), batches.generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(parameters, args.processes)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        average_into(average, model.decoder, step)
        history.append((loss.item(), right.item(), right_real.item()))
        if (step + 1) % 25 == 0 and rank == 0:
            total, share, films = np.mean(history[-25:], axis=0)
            print(json.dumps({"step": step + 1, "loss": round(total, 4), "right": round(share, 4), "right_real": round(films, 4)}), flush=True)
            save(model, {f"decoder.{k}": v for k, v in average.items()}, step + 1, args.out)
    if rank == 0:
        save(model, {f"decoder.{k}": v for k, v in average.items()}, args.steps, args.out)


if __name__ == "__main__":
    main()
