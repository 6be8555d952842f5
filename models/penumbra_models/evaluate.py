"""Measures a model and writes its card: evaluation.json, card.md and the manifest's accuracy.

uv run python -m penumbra_models.evaluate --checkpoint runs/base/checkpoint.pt --package ../public/models/base
    --data data --phantoms data/eval --outside data/outside --adult ADULT --kermany KERMANY

Phantoms are of seeds that training never saw. Test and external films are looked at here only; `--split val` while developing.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from . import evaluate_adults, evaluate_phantoms, evaluate_wordings
from .card import write_card
from .data import Kermany, Questions
from .evaluate_disturbed import disturbed
from .evaluate_forms import precision_forms
from .evaluate_robustness import attacked_accuracy, gaussian
from .examiner import Examiner
from .export import load
from .network import Attention

KERMANY_BASELINES = {"outer ring, no lungs": 0.794, "14x14 block means": 0.880, "histogram": 0.709}


def mean_auc(findings: dict) -> float:
    return float(np.mean([f["auc"] for f in findings.values()]))


def phantoms(examiner: Examiner, args: argparse.Namespace) -> dict:
    cases, images, masks = evaluate_phantoms.read(args.phantoms, args.count)
    tokens, _ = examiner.encode(images)
    found = evaluate_phantoms.findings(examiner, tokens, cases)
    beyond, pictures, _ = evaluate_phantoms.read(args.outside, args.count)
    shifted = evaluate_phantoms.findings(examiner, examiner.encode(pictures)[0], beyond)
    return {
        "phantoms": len(cases), "findings": found, "meanAuc": mean_auc(found),
        "outside": {"phantoms": len(beyond), "meanAuc": mean_auc(shifted),
                    "findings": {name: {k: f[k] for k in ("auc", "low", "high")} for name, f in shifted.items()}},
        "questions": evaluate_phantoms.other_questions(examiner, tokens, cases),
        "reports": evaluate_phantoms.reports(examiner, tokens[:200], cases[:200]),
        "pointing": evaluate_phantoms.pointing(examiner, tokens[:600], cases[:600], masks[:600]),
    }  # fmt: skip


def wordings(examiner: Examiner, args: argparse.Namespace) -> dict:
    cases, images, _ = evaluate_phantoms.read(args.phantoms, 200)
    tokens, _ = examiner.encode(images)
    return {
        "paraphrases": evaluate_wordings.paraphrases(examiner, tokens[:100]),
        "heldOutWordings": evaluate_wordings.held_out(examiner, tokens, cases),
        "heldOutNegations": evaluate_wordings.negations(examiner, tokens, cases),
    }


def films(examiner: Examiner, args: argparse.Namespace) -> dict:
    return {
        "kermanyTest": {**evaluate_adults.children(examiner, args.kermany, args.split), "baselines": KERMANY_BASELINES},
        "adults": evaluate_adults.evaluate(examiner, args.adult, args.split),
        **({"realism": json.loads(args.realism.read_text())} if args.realism else {}),
        **({"curve": json.loads(args.curve.read_text())} if args.curve else {}),
    }


def robustness(examiner: Examiner, args: argparse.Namespace) -> dict:
    cases, images, _ = evaluate_phantoms.read(args.phantoms, args.count)
    return {"gaussianScore": gaussian(examiner, images), "attack": attacked_accuracy(examiner, cases, images, args.attacked)}


def forms(examiner: Examiner, args: argparse.Namespace) -> dict:
    cases, images, _ = evaluate_phantoms.read(args.phantoms, args.forms)
    return {"precisions": precision_forms(examiner, args.package, images, cases)}


def disturbances(examiner: Examiner, args: argparse.Namespace) -> dict:
    """Nothing without --beside."""
    if args.beside is None:
        return {}
    model = load(args.beside, examiner.tokenizer.get_vocab_size()).requires_grad_(False)
    if any(not torch.equal(a, b) for a, b in zip(model.vision.state_dict().values(), examiner.model.vision.state_dict().values(), strict=True)):
        raise ValueError("The model beside this one has another image encoder, so a difference would not be the decoder's alone.")
    cases, images, _ = evaluate_phantoms.read(args.phantoms, args.count)
    pair = (examiner, Examiner(model, examiner.tokenizer, examiner.questions))
    return {"disturbed": disturbed(pair, (images, cases), Kermany(args.kermany, args.split))}


PARTS: dict[str, Callable[[Examiner, argparse.Namespace], dict]] = {
    "phantoms": phantoms, "wordings": wordings, "films": films, "robustness": robustness, "forms": forms,
    "disturbances": disturbances,
}  # fmt: skip


NEEDED = {"phantoms": "findings", "wordings": "paraphrases", "films": "adults", "robustness": "attack", "forms": "precisions"}
"""A key that each part writes."""


def measured_before(file: Path, weights: str) -> dict:
    """What evaluation.json says of these very weights (named by the SHA-256 of the checkpoint), or nothing."""
    known = json.loads(file.read_text()) if file.exists() else {}
    return known if known.get("weights") == weights else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("checkpoint", "package", "data", "phantoms", "kermany", "adult"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), help="measure only these; the rest stays as it was")
    parser.add_argument("--outside", type=Path, required=True, help="phantoms of parameter ranges that training never sees")
    parser.add_argument("--count", type=int, default=2000, help="phantoms for the findings")
    parser.add_argument("--attacked", type=int, default=120)
    parser.add_argument("--forms", type=int, default=100, help="phantoms on which each precision form is run")
    parser.add_argument("--split", choices=["val", "test"], default="test", help="of both real sets; val while developing")
    parser.add_argument("--beside", type=Path, help="checkpoint whose decoder this one's was tuned from: adds right answers about disturbed pictures, before and after")
    parser.add_argument("--realism", type=Path, help="JSON printed by penumbra_models.realism")
    parser.add_argument("--curve", type=Path, help="JSON that penumbra_models.curve wrote")
    parser.add_argument("--threads", type=int, default=1, help="more only pay on idle cores: each small product waits for all of them")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    # The fused kernel computes the same attention faster; exported graphs spell it out.
    Attention.fused = True
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    questions = Questions.load(args.data / "questions.jsonl", tokenizer)
    model = load(args.checkpoint, tokenizer.get_vocab_size()).requires_grad_(False)
    examiner = Examiner(model, tokenizer, questions)
    weights = hashlib.sha256(args.checkpoint.read_bytes()).hexdigest()
    file = args.package / "evaluation.json"
    for name in args.parts:
        measured = PARTS[name](examiner, args)
        print(json.dumps(measured, indent=1), flush=True)
        # Read anew: another process may have measured another part meanwhile.
        file.write_text(json.dumps({**measured_before(file, weights), **measured, "weights": weights}, indent=1) + "\n")
    result = measured_before(file, weights)
    if missing := [part for part, key in NEEDED.items() if key not in result]:
        print(f"No card yet: {', '.join(missing)} not measured on these weights.")
    else:
        write_card(args.package, result)


if __name__ == "__main__":
    main()
