"""Measures whole encoders that were tuned alike but for one thing, beside the one they come from: right answers under disturbances, adults, collapse.

uv run python -m penumbra_models.pair_evaluate --init runs/base/checkpoint.pt --tuned runs/augmented runs/calm runs/contrast \\
    --data data --phantoms data/eval --adult DIR --out runs/pair.json --table ../docs/encoder-pair.md

Each of --tuned is a folder of `finetune`, or of `encoder_adapter_train` (an adapter on the model of --init), and its name the model's. What is measured is `bands_evaluate`'s: the mean AUC over findings of the plain
wordings with a bootstrap interval of the gain over pictures, the cosine of embeddings to the untuned model's of the undisturbed picture, and whether
embeddings of different pictures became alike.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .adapter_train import base_model
from .adults import LABELS, Adults
from .bands_evaluate import ADULT_CONDITIONS, CONDITIONS, Group, adults_of, phantoms_of, side_by_side
from .data import Questions
from .encoder_adapters import adapted_encoder, fill, read_encoder_adapters
from .evaluate_phantoms import has, read
from .names import FINDINGS
from .network import Attention, Captioner
from .validation import GOALS

ADAPTER = "adapter.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--tuned", type=Path, nargs="+", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--phantoms", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--adult", type=Path, help="folder of adult films; none is measured without it")
    parser.add_argument("--split", default="test")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", type=Path, help="a page of Markdown with the same numbers")
    args = parser.parse_args()
    torch.set_num_threads(1)
    Attention.fused = True
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    words = tokenizer.get_vocab_size()
    bare = base_model(args.init, words)
    models = {"bare": bare} | {folder.name: tuned_model(folder, bare, words) for folder in args.tuned}
    cases, pictures, _ = read(args.phantoms, args.count)
    truth = {"phantoms": np.array([[has(c, name) for name in FINDINGS] for c in cases], float)}
    groups: dict[str, Group] = {"phantoms": (np.array(pictures), CONDITIONS, phantoms_of)}
    films = 0
    if args.adult:
        adults = Adults(args.adult, args.split, ("nih14",))
        truth["adults"] = adults.probability[:, [LABELS.index(g) for g in GOALS]].astype(float)
        groups["adults"] = (adults.images, ADULT_CONDITIONS, adults_of)
        films = len(adults.images)
    rows, collapse = side_by_side(models, (groups, truth), (tokenizer, Questions.load(args.data / "questions.jsonl", tokenizer)))
    adapters = all((folder / ADAPTER).exists() for folder in args.tuned)
    out = {"adapters": adapters, "phantoms": len(cases), "adults": films, "rows": rows, "collapse": collapse}
    args.out.write_text(json.dumps(out, indent=1) + "\n")
    if args.table:
        args.table.write_text(page(out))


def tuned_model(folder: Path, bare: Captioner, words: int) -> Captioner:
    if not (folder / ADAPTER).exists():
        return base_model(folder / "checkpoint.pt", words)
    model = copy.deepcopy(bare)
    fill(adapted_encoder(model.vision), read_encoder_adapters(folder / ADAPTER))
    return model.eval()


def page(measured: dict) -> str:
    said = ["", "What the intervals say:", "", *verdicts(measured)] if measured.get("adapters") else []
    what = "Low-rank adapters of the encoder" if measured.get("adapters") else "Whole encoders"
    return "\n".join([f"# {what} with and without heavy augmentation, and by contrast" + ("" if measured.get("adapters") else " alone"), "", *tables(measured), *said]) + "\n"


def tables(measured: dict) -> list[str]:
    names = list(measured["collapse"])
    head = ["| pictures | disturbed by | strength | " + " | ".join(names) + " |", "| --- | --- | --- | " + " | ".join("---" for _ in names) + " |"]
    lines = [
        f"Mean AUC over findings of the plain wordings on {measured['phantoms']} phantoms that no model was trained on, and over the adults' goals on "
        f"{measured['adults']} adult films; in brackets the gain over the untuned encoder (bare) with its 95 % interval (bootstrap over pictures). "
        "Made by `penumbra_models.pair_evaluate`.",
        "",
        *head,
    ]
    for row in measured["rows"]:
        lines.append(f"| {place(row)} | " + " | ".join(area(row[name], name) for name in names) + " |")
    for key, told in (
        ("steady", "Cosine between an encoder's own embeddings of the picture disturbed and undisturbed (1: nothing moves it):"),
        ("cosine", "Cosine of the embedding to the bare encoder's of the undisturbed picture (what the heads, which were not tuned, can still read):"),
    ):
        lines += ["", told, "", *head]
        lines += [f"| {place(row)} | " + " | ".join(f"{row[name][key]:.3f}" for name in names) + " |" for row in measured["rows"]]
    lines += [
        "",
        "Collapse: the mean cosine between embeddings of different undisturbed pictures (1: all alike) and their effective rank (Roy and Vetterli 2007; 1: all on a line).",
        "",
        "| encoder | mean cosine | effective rank |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {name} | {seen['meanCosine']:.3f} | {seen['rank']:.1f} |" for name, seen in measured["collapse"].items()]
    return lines


def verdicts(measured: dict) -> list[str]:
    """What the intervals say of each tuned encoder, nothing rounded in its favour."""
    rows, out = measured["rows"], []
    for name in measured["collapse"]:
        if name == "bare":
            continue
        better, worse = ([place(r).replace(" | ", ", ") for r in rows if holds(r[name])] for holds in (lambda t: t["low"] > 0, lambda t: t["high"] < 0))
        rest = len(rows) - len(better) - len(worse)
        out.append(
            f"- `{name}`: better than the bare encoder on {'; '.join(better) or 'none'}; worse on {'; '.join(worse) or 'none'}; on the other {rest} of {len(rows)} the interval holds zero."
        )
    return out


def place(row: dict) -> str:
    by = "nothing" if row["disturbance"] == "none" else row["disturbance"] + (" (not trained on)" if row["heldOut"] else "")
    return f"{row['group']} | {by} | {row['strength']:g}"


def area(told: dict[str, float], name: str) -> str:
    if name == "bare":
        return f"{told['auc']:.3f}"
    return f"{told['auc']:.3f} ({told['gain']:+.3f}, {told['low']:+.3f} to {told['high']:+.3f})"


if __name__ == "__main__":
    main()
