"""Measures a model and writes its card: evaluation.json, card.md and the manifest's accuracy.

uv run python -m penumbra_models.evaluate --checkpoint runs/base/checkpoint.pt --package ../public/models/base
    --data data --phantoms data/eval --outside data/outside --adult ADULT --kermany KERMANY

Phantoms are of seeds that training never saw. Test and external films are looked at here only; `--split val` while developing.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from . import evaluate_adults, evaluate_phantoms, evaluate_wordings
from .card import write_card
from .data import Questions
from .evaluate_forms import precision_forms
from .evaluate_robustness import attacked_accuracy, gaussian
from .examiner import Examiner
from .export import load
from .network import Attention

KERMANY_BASELINES = {"outer ring, no lungs": 0.794, "14x14 block means": 0.880, "histogram": 0.709}


def mean_auc(findings: dict) -> float:
    return float(np.mean([f["auc"] for f in findings.values()]))


def examine(examiner: Examiner, args: argparse.Namespace) -> dict:
    """Everything about the float weights, by section of the card."""
    cases, images, masks = evaluate_phantoms.read(args.phantoms, args.count)
    tokens, _ = examiner.encode(images)
    result: dict = {"phantoms": len(cases), "findings": evaluate_phantoms.findings(examiner, tokens, cases)}
    result["meanAuc"] = mean_auc(result["findings"])
    _show(result, "phantoms", "meanAuc", "findings")
    beyond, pictures, _ = evaluate_phantoms.read(args.outside, args.count)
    shifted = evaluate_phantoms.findings(examiner, examiner.encode(pictures)[0], beyond)
    result["outside"] = {"phantoms": len(beyond), "meanAuc": mean_auc(shifted),
                         "findings": {name: {k: f[k] for k in ("auc", "low", "high")} for name, f in shifted.items()}}  # fmt: skip
    result["questions"] = evaluate_phantoms.other_questions(examiner, tokens, cases)
    result["paraphrases"] = evaluate_wordings.paraphrases(examiner, tokens[:100])
    result["heldOutWordings"] = evaluate_wordings.held_out(examiner, tokens[:200], cases[:200])
    result["heldOutNegations"] = evaluate_wordings.negations(examiner, tokens[:200], cases[:200])
    result["reports"] = evaluate_phantoms.reports(examiner, tokens[:200], cases[:200])
    result["pointing"] = evaluate_phantoms.pointing(examiner, tokens[:600], cases[:600], masks[:600])
    _show(result, "questions", "paraphrases", "heldOutWordings", "heldOutNegations", "reports", "pointing")
    result["kermanyTest"] = {**evaluate_adults.children(examiner, args.kermany, args.split), "baselines": KERMANY_BASELINES}
    result["adults"] = evaluate_adults.evaluate(examiner, args.adult, args.split)
    _show(result, "kermanyTest", "adults")
    result["gaussianScore"] = gaussian(examiner, images)
    result["attack"] = attacked_accuracy(examiner, cases, images, args.attacked)
    if args.realism:
        result["realism"] = json.loads(args.realism.read_text())
    result["precisions"] = precision_forms(examiner, args.package, images[: args.forms], cases[: args.forms])
    _show(result, "gaussianScore", "attack", "precisions")
    return result


def _show(result: dict, *names: str) -> None:
    print(json.dumps({name: result[name] for name in names}, indent=1), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("checkpoint", "package", "data", "phantoms", "kermany", "adult"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--outside", type=Path, required=True, help="phantoms of parameter ranges that training never sees")
    parser.add_argument("--count", type=int, default=2000, help="phantoms for the findings")
    parser.add_argument("--attacked", type=int, default=120)
    parser.add_argument("--forms", type=int, default=100, help="phantoms on which each precision form is run")
    parser.add_argument("--split", choices=["val", "test"], default="test", help="of both real sets; val while developing")
    parser.add_argument("--realism", type=Path, help="JSON printed by penumbra_models.realism")
    parser.add_argument("--threads", type=int, default=1, help="more only pay on idle cores: each small product waits for all of them")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    # The fused kernel computes the same attention faster; exported graphs spell it out.
    Attention.fused = True
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    questions = Questions.load(args.data / "questions.jsonl", tokenizer)
    model = load(args.checkpoint, tokenizer.get_vocab_size()).requires_grad_(False)
    result = examine(Examiner(model, tokenizer, questions), args)
    (args.package / "evaluation.json").write_text(json.dumps(result, indent=1) + "\n")
    write_card(args.package, result)


if __name__ == "__main__":
    main()
