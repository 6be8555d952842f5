"""How task, consistency and attention stability trade off: short trainings of one adapter under several weights, and which is kept.

uv run python -m penumbra_models.adapter_pareto --base runs/base/checkpoint.pt --data data --features runs/features --adult DIR --out runs/adapters/pareto

Writes pareto.json: each setting with what was watched of it, whether it collapsed, whether it is on the Pareto front (accuracy of plain
answers, flips and map likeness between wordings kept for choosing), and the weights that were chosen: of the settings that neither collapsed
nor lost accuracy the one with the fewest flips. No held-out wording of the bank is looked at for the choice.
"""

import argparse
import json
from dataclasses import asdict

import torch

from .adapter_losses import Weights
from .adapter_train import add_arguments, fit

SETTINGS = (
    Weights(1, 0, 0), Weights(0, 1, 0), Weights(0, 0, 1), Weights(1, 0.3, 0), Weights(1, 1, 0), Weights(1, 3, 0), Weights(1, 1, 0.5), Weights(1, 1, 2),
)  # fmt: skip
ACCURACY_LOST, YES_MOVED = 0.01, 0.15
"""Accuracy that a setting may cost; how far the share of yes may move before it counts as a collapse towards one answer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--layers", default="targeted")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--until", type=int, default=len(SETTINGS), help="settings to stop after; those that were trained before are read")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    records: list[dict] = []
    for k, weights in enumerate(SETTINGS[: args.until]):
        file = args.out / f"setting-{k}.json"
        record = json.loads(file.read_text()) if file.exists() else {}
        if record.get("weights") != asdict(weights) or record.get("steps") != args.steps:
            record = fit(args, args.layers, weights, args.steps, f"setting-{k}", before=records[0]["before"] if records else None)
            file.write_text(json.dumps(record) + "\n")
        records.append(record)
    (args.out / "pareto.json").write_text(json.dumps(study(records), indent=1) + "\n")


def study(records: list[dict]) -> dict:
    points = [point(r) for r in records]
    for each in points:
        each["onFront"] = not any(dominates(other, each) for other in points)
    held = [p for p in points if not p["collapsed"] and p["accuracy"] >= records[0]["before"]["plain"]["accuracy"] - ACCURACY_LOST]
    chosen = min(held, key=lambda p: (p["flips"], -p["ssim"]))["weights"] if held else None
    return {"layers": records[0]["layers"], "steps": records[0]["steps"], "before": records[0]["before"], "settings": points, "chosen": chosen}


def point(record: dict) -> dict:
    after = record["after"]
    moved = abs(after["plain"]["saysYes"] - record["before"]["plain"]["saysYes"])
    return {
        "weights": record["weights"], "accuracy": after["plain"]["accuracy"], "flips": after["choosing"]["flips"], "ssim": after["choosing"]["ssim"],
        "collapsed": moved > YES_MOVED, "after": after,
    }  # fmt: skip


def dominates(a: dict, b: dict) -> bool:
    """Whether a is at least as good in all three and better in one."""
    better = (a["accuracy"] - b["accuracy"], b["flips"] - a["flips"], a["ssim"] - b["ssim"])
    return min(better) >= 0 and max(better) > 0


if __name__ == "__main__":
    main()
