"""Trains a low-rank adapter of the image encoder; everything that was trained before stays as it is.

uv run python -m penumbra_models.encoder_adapter_train --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --kind augmented --out runs/encoder-adapters/augmented

- `augmented`: pictures under one natural disturbance each (`disturb.TRAINED`, heavy), drawn to the unchanged encoder's features of the calm picture,
  and the frozen decoder must answer right.
- `calm`: the same without the disturbances. The two are a pair: with and without heavy augmentation, everything else equal.
- `contrast`: no answer; a picture's embedding must be told from the others' by that of its disturbed copy (InfoNCE), and its features must stay those of
  the unchanged encoder, without which the decoder can no longer read them (docs/encoder-pair.md). KEPT is what that counts.
- `adults`: adult films only but for SHOWN_PHANTOMS of a batch, answers alone on the films, answers and features on the phantoms. `--watch` measures the
  validation split as it goes, and the best of what was measured is kept.
"""

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .adapter_train import base_model
from .adapters import LoraLinear, parameters
from .adults import Adults
from .batches import REPORTS_PER_BATCH, Batch, Batches
from .disturb import disturb
from .encoder_adapters import adapted_encoder, fill, weights_of, write_encoder_adapters
from .examiner import Examiner
from .finetune import losses
from .losses import answer_loss, feature_loss, info_nce
from .network import Attention, Captioner, Vision
from .train import descend, rate_at, training_arguments
from .tuning import SHOWN_EVERY
from .validation import GOALS, adult_aucs, adult_scores

KINDS = ("augmented", "calm", "contrast", "adults")
KEPT = 1.0
"""What the distance of the calm picture's features counts beside contrast."""
SHOWN_PHANTOMS = 4
"""Of a batch of `adults`: what must stay as it is."""


def main() -> None:
    parser = training_arguments(__doc__, steps=300, batch=12, rate=2e-3, seed=6)
    parser.add_argument("--init", type=Path, required=True, help="checkpoint of the model whose encoder it is")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--kept", type=float, default=KEPT, help="weight of the features kept beside contrast")
    parser.add_argument("--watch", type=int, default=0, help="steps between two looks at the adults' validation split; 0: none, and the last weights are kept")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    args.out.mkdir(parents=True, exist_ok=True)
    record = fit(args)
    (args.out / "record.json").write_text(json.dumps(record, indent=1) + "\n")


def fit(args: argparse.Namespace) -> dict:
    """Trains and writes one adapter of averaged weights; returns what was done."""
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed, REPORTS_PER_BATCH)
    if args.kind == "adults":
        batches.phantoms, batches.adults_drawn, batches.children_drawn = SHOWN_PHANTOMS, args.batch - SHOWN_PHANTOMS, 0
    model = base_model(args.init, batches.tokenizer.get_vocab_size()).to(memory_format=torch.channels_last)
    teacher = copy.deepcopy(model.vision)
    adapters = adapted_encoder(model.vision)
    tuned = parameters(adapters)
    optimizer = torch.optim.AdamW(tuned, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = {name: t.clone() for name, t in weights_of(adapters).items()}
    films = Adults(args.adult, "val", ("nih14",)) if args.watch else None
    best, chosen, watched = average, 0, []
    history: list[list[float]] = []
    for step in range(args.steps):
        train_mode(adapters, True)
        loss, *beside = step_losses(args, (model, teacher), batches.draw(), batches)
        descend(loss, (optimizer, tuned), args.rate * rate_at(step, args.steps, args.steps // 2, 20))
        keep = min(0.98, step / (step + 10))
        for name, t in weights_of(adapters).items():
            average[name].lerp_(t, 1 - keep)
        history.append([x.item() for x in (loss, *beside)])
        done = step + 1
        if done % SHOWN_EVERY == 0:
            print(json.dumps({"step": done, "loss, features, right": [round(float(v), 4) for v in np.mean(history[-SHOWN_EVERY:], axis=0)]}), flush=True)
        if films and (done % args.watch == 0 or done == args.steps):
            watched.append({"step": done, "auc": on_films(model, (adapters, average), films, batches)})
            print(json.dumps(watched[-1]), flush=True)
            if watched[-1]["auc"] >= max(each["auc"] for each in watched):
                best, chosen = {name: t.clone() for name, t in average.items()}, done
    write_encoder_adapters(best if films else average, args.out / "adapter.safetensors")
    return {
        "kind": args.kind, "steps": args.steps, "batch": args.batch, "rate": args.rate, "seed": args.seed, "parameters": sum(p.numel() for p in tuned),
        **({"kept": args.kept} if args.kind == "contrast" else {}),
        **({"validation": {"films": len(films), "bare": on_films(bare_of(model, teacher), None, films, batches), "watched": watched, "chosen": chosen}} if films else {}),
    }  # fmt: skip


def train_mode(adapters: dict[str, LoraLinear], on: bool) -> None:
    """Dropout alone; batch norms keep the statistics of clean images."""
    for each in adapters.values():
        each.train(on)


def step_losses(args: argparse.Namespace, networks: tuple[Captioner, Vision], batch: Batch, batches: Batches) -> Sequence[Tensor]:
    """One step's loss, the distance of features, and the share of right answers where they are part of it."""
    model, teacher = networks
    images = batch.images.contiguous(memory_format=torch.channels_last)
    # Drawn for all, so that what is drawn after it is the same.
    disturbed = disturb(images, batches.generator)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        reference = teacher(images)
    if args.kind == "contrast":
        with torch.autocast("cpu", torch.bfloat16):
            calm, moved = model.vision(images), model.vision(disturbed)
            kept = feature_loss(*calm, *reference)
        return info_nce(calm[1], moved[1]) + args.kept * kept, kept, torch.tensor(float("nan"))
    if args.kind == "adults":
        n = len(batch.masks)
        with torch.autocast("cpu", torch.bfloat16):
            tokens, embedding = model.vision(images)
            kept = feature_loss(tokens[:n], embedding[:n], *(part[:n] for part in reference))
            phantoms, _, _ = answer_loss(model, tokens[:n], batch.asked)
            films, right, _ = answer_loss(model, tokens[n:], batch.asked_real)
        return films + 0.5 * phantoms + 0.5 * kept, kept, right
    return losses(model, batch, images if args.kind == "calm" else disturbed, reference)


def bare_of(model: Captioner, vision: Vision) -> Captioner:
    bare = copy.deepcopy(model)
    bare.vision = vision
    return bare


@torch.no_grad()
def on_films(model: Captioner, weights: tuple[dict[str, LoraLinear], dict[str, Tensor]] | None, films: Adults, batches: Batches) -> float:
    """Mean AUC over the adults' goals, with other weights in the adapters while it is measured."""
    live: dict[str, Tensor] = {}
    if weights:
        adapters, other = weights
        live = {name: t.clone() for name, t in weights_of(adapters).items()}
        fill(adapters, other)
        train_mode(adapters, False)
    areas = adult_aucs(adult_scores(Examiner(model, batches.tokenizer, batches.questions), films.images), films)
    if weights:
        fill(weights[0], live)
    return round(float(np.mean([areas[name][0] for name in GOALS])), 4)


if __name__ == "__main__":
    main()
