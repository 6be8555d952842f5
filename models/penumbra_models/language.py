"""Tunes the decoder of a trained model to answer right about disturbed pictures; the image encoder stays frozen (LLaVA-Med on noisy visuals).

uv run python -m penumbra_models.language --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --out runs/noisy-language

What reaches the decoder are the features of the frozen encoder, of pictures under one disturbance each (`disturb.TRAINED`), a quarter of them
under none; asked and told as in training, with the right answer. Vision and text graphs are those of the model it started from.
"""

import argparse

import torch
from torch import Tensor

from .batches import Batch, Batches
from .disturb import disturb
from .losses import answer_loss, looking_loss, report_loss
from .network import Captioner
from .train import run_processes, training_arguments
from .tuning import Losses, Tuning, add_start, tune_part


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
    def prepared(model: Captioner, batches: Batches) -> Losses:
        return lambda batch: losses(model, batch, batches.generator)

    tune_part(rank, args, Tuning("decoder", ("right", "right_real"), prepared))


if __name__ == "__main__":
    main()
