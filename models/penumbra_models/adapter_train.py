"""Trains a low-rank adapter on the decoder for one answer to all wordings: task, consistency and attention stability, weighed.

uv run python -m penumbra_models.adapter_train --base runs/base/checkpoint.pt --data data --features runs/features --adult DIR --layers targeted \
    --out runs/adapters/targeted

Encoder and decoder stay frozen and the encoder's tokens are read from `vlm_features`. Consistency alone is content with one answer to
everything (arXiv:2603.00148 reports that collapse): the task's weight is what holds it, and `watch` says when it does not.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .adapter_batches import ParaphraseBatches
from .adapter_losses import Weights, objectives
from .adapter_watch import Watched, watch
from .adapters import LAYERS, adapted, parameters, write_adapters
from .network import Attention, Captioner, Config
from .train import descend, rate_at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--layers", choices=list(LAYERS), required=True)
    parser.add_argument("--weights", type=float, nargs=3, default=[1.0, 1.0, 0.5], metavar=("TASK", "CONSISTENCY", "ATTENTION"))
    parser.add_argument("--pareto", type=Path, help="pareto.json whose chosen weights are taken in place of --weights")
    parser.add_argument("--steps", type=int, default=360)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = json.loads(args.pareto.read_text())["chosen"] if args.pareto else None
    record = fit(args, args.layers, Weights(**chosen) if chosen else Weights(*args.weights), args.steps)
    (args.out / "record.json").write_text(json.dumps(record, indent=1) + "\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, required=True, help="checkpoint of the model that is adapted")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="folder that vlm_features wrote")
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--validation", default="watched", help="set of unseen phantoms with stored tokens, none of them augmented")
    parser.add_argument("--adult", type=Path)
    parser.add_argument("--batch", type=int, nargs=2, default=[8, 3], help="phantoms and adult films")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=81)
    parser.add_argument("--out", type=Path, required=True)


def base_model(checkpoint: Path, vocabulary: int) -> Captioner:
    """In float32, whatever the checkpoint's numbers are."""
    weights = torch.load(checkpoint, map_location="cpu", weights_only=True)["model"]
    model = Captioner(Config(vocabulary=vocabulary))
    # Training-only heads are not part of every checkpoint, and nothing here reads them.
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()}, strict=False)
    return model.eval().requires_grad_(False)


def fit(args: argparse.Namespace, layers: str, weights: Weights, steps: int, name: str = "adapter", before: dict | None = None) -> dict:
    """Trains one adapter and writes it; returns what was trained and what was watched."""
    torch.manual_seed(args.seed)
    Attention.fused = True
    batches = ParaphraseBatches(args.data, args.features, args.sets, args.adult, tuple(args.batch), args.seed)
    model = base_model(args.base, batches.tokenizer.get_vocab_size())
    watched = Watched(args.data, args.features, args.validation, batches)
    before = before or watch(model, watched)
    adapters = adapted(model.decoder, LAYERS[layers])
    tuned = parameters(adapters)
    optimizer = torch.optim.AdamW(tuned, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01)
    answers = torch.tensor(list(batches.answer_ids.values()))
    yes_no = (batches.answer_ids["yes"], batches.answer_ids["no"])
    history = []
    for step in range(steps):
        for each in adapters.values():
            each.train()
        parts = objectives(model, batches.draw(), answers, yes_no)
        loss = weights.task * parts[0] + weights.consistency * parts[1] + weights.attention * parts[2]
        descend(loss, (optimizer, tuned), args.rate * rate_at(step, steps, steps // 2, 20))
        history.append([x.item() for x in parts])
        if (step + 1) % 25 == 0:
            task, kl, unlike, right = np.mean(history[-25:], axis=0)
            print(json.dumps({"step": step + 1, "task": round(task, 4), "kl": round(kl, 4), "unlike": round(unlike, 4), "right": round(right, 4)}), flush=True)
    for each in adapters.values():
        each.eval()
    write_adapters(adapters, args.out / f"{name}.safetensors")
    record = {"layers": layers, "weights": asdict(weights), "steps": steps, "seed": args.seed, "parameters": sum(p.numel() for p in tuned),
              "before": before, "after": watch(model, watched)}  # fmt: skip
    print(json.dumps(record), flush=True)
    return record


if __name__ == "__main__":
    main()
