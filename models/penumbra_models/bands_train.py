"""Learns the weights of frequency modules in a frozen encoder; text encoder and decoder stay as they are, too.

uv run python -m penumbra_models.bands_train --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --taught disturbed --out runs/bands/disturbed

One set of weights for each way of teaching, all from zero, on the same pictures and for the same steps:

- `disturbed`: pictures under one natural disturbance each (`disturb.TRAINED`, heavy), drawn to the unchanged encoder's features of the calm picture,
  and the frozen decoder must answer right.
- `calm`: the same without the disturbances. The two are a pair: with and without heavy augmentation, everything else equal.
- `contrast`: no answer and no reference; a picture's embedding must be told from the others' by that of its disturbed copy (InfoNCE). Whether the
  embeddings collapsed is measured by bands_evaluate.
- `picture`: as `disturbed`, and each picture adds numbers of its own, made of its wavelet statistics.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch

from .adapter_train import base_model
from .bands import Bands, wavelet_statistics, write_bands
from .batches import REPORTS_PER_BATCH, Batches
from .disturb import disturb
from .finetune import losses
from .losses import info_nce
from .network import Attention
from .train import rate_at, training_arguments

TAUGHT = ("disturbed", "calm", "contrast", "picture")
SCALED_BY = 16
"""Batches whose pictures say how the wavelet statistics are scaled."""


def main() -> None:
    parser = training_arguments(__doc__, steps=80, batch=12, rate=2e-2, seed=91)
    parser.add_argument("--init", type=Path, required=True, help="checkpoint of the model whose encoder it is")
    parser.add_argument("--taught", choices=TAUGHT, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    args.out.mkdir(parents=True, exist_ok=True)
    record = fit(args)
    (args.out / "record.json").write_text(json.dumps(record, indent=1) + "\n")


def scale_statistics(bands: Bands, batches: Batches) -> None:
    """Mean and spread of the statistics over disturbed training pictures."""
    assert bands.per_picture
    seen = torch.cat([wavelet_statistics(disturb(batches.draw().images, batches.generator)) for _ in range(SCALED_BY)])
    bands.per_picture.mean.copy_(seen.mean(0))
    bands.per_picture.spread.copy_(seen.std(0))


def fit(args: argparse.Namespace) -> dict:
    """Trains and writes one set of weights; returns what was done."""
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed, REPORTS_PER_BATCH)
    model = base_model(args.init, batches.tokenizer.get_vocab_size()).to(memory_format=torch.channels_last)
    teacher = copy.deepcopy(model.vision)
    bands = Bands(model.vision, args.taught == "picture")
    if bands.per_picture:
        # Of draws of its own: the pictures of the steps are those of the other sets.
        scale_statistics(bands, Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed + 1, REPORTS_PER_BATCH))
    tuned = bands.parameters()
    optimizer = torch.optim.AdamW(tuned, lr=args.rate, betas=(0.9, 0.98), weight_decay=0)
    history = []
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate_at(step, args.steps, args.steps // 2, 20)
        batch = batches.draw()
        images = batch.images.contiguous(memory_format=torch.channels_last)
        disturbed = disturb(images, batches.generator)
        if args.taught == "contrast":
            with torch.autocast("cpu", torch.bfloat16):
                loss = info_nce(model.vision(images)[1], model.vision(disturbed)[1])
            shown = [loss.item()]
        else:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                reference = teacher(images)
            loss, features, right = losses(model, batch, images if args.taught == "calm" else disturbed, reference)
            shown = [loss.item(), features.item(), right.item()]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tuned, 1.0)
        optimizer.step()
        history.append(shown)
        if (step + 1) % 20 == 0:
            print(json.dumps({"step": step + 1, "loss, features, right": [round(float(v), 4) for v in np.mean(history[-20:], axis=0)]}), flush=True)
    write_bands(bands, args.out / "bands.safetensors")
    count = sum(p.numel() for p in tuned)
    return {"taught": args.taught, "steps": args.steps, "batch": args.batch, "rate": args.rate, "seed": args.seed, "parameters": count}


if __name__ == "__main__":
    main()
