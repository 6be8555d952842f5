"""What each stage of the small LLaVA can do: phantoms no stage saw, and adult films of the test split; written as one table.

uv run python -m penumbra_models.stage_measure --base BASE.pt --data data --features runs/features --unseen watched --adult DIR --stages runs/stages --out ../docs/three-stage.md

- aligned: zero-shot AUC of "a chest radiograph with X" against "without X" by the pooling query and text tower of `contrast`, in front of this
  stage's connector: whether its tokens still lie where captions are told by them. Beside it the mean cosine of pictures with captions that are
  true of them less that with false ones, and how often a phantom's own findings, of as many different ones as there are, come first.
- answered: AUC over findings and share of right answers by the first word after the question, as the decoder says it.
- perplexity: of reports, a token, teacher-forced: exp of the mean cross-entropy.
"""

import argparse
import json
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .adults import LABELS, Adults
from .names import FINDINGS
from .network import TOKENS, Attention
from .sampler import Drawn
from .siglip_network import PairConfig
from .siglip_train import encode
from .stages import STAGES, Aligned
from .statistics import auc, auc_interval, wilson
from .vlm_batches import Films, LlavaBatches
from .vlm_dialogues import REPORT_WORDINGS, TERMS, report
from .vlm_features import encoder, tokens_of
from .vlm_network import LanguageConfig, SmallLlava
from .vlm_train import forward, measure

ASKED_OF_ADULTS = ("cardiomegaly", "effusion", "edema", "consolidation", "pneumothorax", "atelectasis", "nodule")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--unseen", default="watched", help="rendered set with cached tokens that no stage drew from")
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--phantoms", type=int, default=150)
    parser.add_argument("--films", type=int, default=348, help="of NIH ChestX-ray14, the first of the split")
    parser.add_argument("--stages", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="FILE.md; FILE.json beside it has the numbers")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    measured = [look(args, stage.name) for stage in STAGES if (args.stages / stage.name / "checkpoint.pt").exists()]
    about = {"phantoms": args.phantoms, "films": args.films, "split": args.split, "torch": torch.__version__, "python": platform.python_version()}
    args.out.with_suffix(".json").write_text(json.dumps({**about, "stages": measured}, indent=1) + "\n")
    args.out.write_text(page(about, measured))


def look(args: argparse.Namespace, stage: str) -> dict:
    """All numbers of one stage."""
    state = torch.load(args.stages / stage / "checkpoint.pt", weights_only=True)
    model = SmallLlava(LanguageConfig(**state["config"])).eval()
    model.load_state_dict(state["model"])
    batches = LlavaBatches(args.data, args.features, [args.unseen], None, (1, 0), 7)
    films = Films(args.data, args.features, args.unseen, model.c.features)
    told = {key: state[key] for key in ("stage", "before", "parameters", "steps", "seed", "seconds")}
    out = {**told, "answered": answered(model, batches, films, args.phantoms), "perplexity": perplexity(model, batches, films, args.phantoms)}
    adults, tokens = adult_tokens(args)
    out["adults"] = {"answered": adult_areas(adults, asked(model, batches, tokens))}
    head = Aligned(PairConfig(vocabulary=model.c.vocabulary, width=model.c.width)).eval()
    head.load_state_dict(torch.load(args.stages / "contrast" / "checkpoint.pt", weights_only=True)["head"])
    out["aligned"] = alignment(model, head, batches, films, args.phantoms)
    out["adults"]["aligned"] = adult_areas(adults, zero_shot(model, head, batches, tokens))
    return out


def answered(model: SmallLlava, batches: LlavaBatches, films: Films, count: int) -> dict:
    """The trained questions in plain words: AUC over findings and share right with its interval."""
    found = measure(model, batches, films, count)
    n = count * len(FINDINGS)
    hits = round(found["presence"] * n)
    return {**found, "presenceInterval": wilson(hits, n)}


@torch.no_grad()
def perplexity(model: SmallLlava, batches: LlavaBatches, films: Films, count: int) -> dict[str, float]:
    """Of the reports of `count` phantoms, a token: with their picture, and with another's."""
    sums = {"own": [0.0, 0], "other": [0.0, 0]}
    for i in range(count):
        line = batches.writer.report_line(REPORT_WORDINGS[0], report(films.cases[i]))
        batch = batches.writer.pack(films.tokens[i][None], films.masks[i][None], [[line]])
        other = replace(batch, tokens=torch.from_numpy(films.tokens[(i + 1) % count][None].astype(np.float32)))
        for name, each in (("own", batch), ("other", other)):
            with torch.autocast("cpu", torch.bfloat16):
                hidden, _ = forward(model, each)
                logits = model.lm_head(hidden[each.target >= 0]).float()
            target = each.target[each.target >= 0]
            sums[name][0] += float(F.cross_entropy(logits, target, reduction="sum"))
            sums[name][1] += len(target)
    return {name: float(np.exp(total / n)) for name, (total, n) in sums.items()}


def adult_tokens(args: argparse.Namespace) -> tuple[Adults, Tensor]:
    """The split's films of NIH ChestX-ray14 and their tokens, cached in the folder of the stages."""
    adults = Adults(args.adult, args.split, ("nih14",))
    file = args.stages / f"adults-{args.split}.pt"
    if not file.exists():
        vision, images = encoder(args.base), torch.from_numpy(adults.images[: args.films])[:, None].float() / 255
        torch.save(torch.cat([tokens_of(vision, part) for part in images.split(32)]), file)
    return adults, torch.load(file, weights_only=True).float()


@torch.no_grad()
def asked(model: SmallLlava, batches: LlavaBatches, tokens: Tensor) -> np.ndarray:
    """Margins of yes over no to "is there X?", [N, len(ASKED_OF_ADULTS)]."""
    yes, no = (batches.writer.ids(w)[0] for w in ("yes", "no"))
    lines = [batches.writer.line(f"is there {TERMS[kind]}?", "yes", "", Drawn(0, "yes", -1, 0)) for kind in ASKED_OF_ADULTS]
    out = np.zeros((len(tokens), len(lines)))
    for i, each in enumerate(tokens):
        batch = batches.writer.pack(each[None].numpy(), np.zeros((1, 1, TOKENS), np.uint8), [lines])
        with torch.autocast("cpu", torch.bfloat16):
            hidden, _ = forward(model, batch)
            logits = model.lm_head(hidden[0, batch.answers[:, 1].long()]).float()
        out[i] = (logits[:, yes] - logits[:, no]).numpy()
    return out


def prompts(batches: LlavaBatches, kinds: tuple[str, ...], length: int) -> Tensor:
    return encode(batches.tokenizer, [frame.format(TERMS[k]) for k in kinds for frame in ("a chest radiograph with {}", "a chest radiograph without {}")], length)


@torch.no_grad()
def zero_shot(model: SmallLlava, head: Aligned, batches: LlavaBatches, tokens: Tensor, kinds: tuple[str, ...] = ASKED_OF_ADULTS) -> np.ndarray:
    """Cosine with a caption that says X less that with one that denies it, [N, len(kinds)]."""
    image = torch.cat([head.image(model.connector, part) for part in tokens.split(32)])
    cosine = image @ head.words(prompts(batches, kinds, head.c.length)).T
    return (cosine[:, ::2] - cosine[:, 1::2]).numpy()


def alignment(model: SmallLlava, head: Aligned, batches: LlavaBatches, films: Films, count: int) -> dict:
    """Zero-shot AUC, gap of cosines between true and false captions, and whether a picture's own findings come first."""
    tokens = torch.from_numpy(films.tokens[:count].astype(np.float32))
    truth = np.array([[any(f["kind"] == kind for f in case["findings"]) for kind in FINDINGS] for case in films.cases[:count]])
    margin = zero_shot(model, head, batches, tokens, FINDINGS)
    areas = [auc(margin[:, k], truth[:, k]) for k in range(len(FINDINGS))]
    # A set of findings scores with a picture the sum of what each caption says of it; sets that are equal are one.
    sets = np.unique(truth, axis=0)
    scores = margin @ (2.0 * sets.T - 1)
    hits = int((sets[scores.argmax(1)] == truth).all(1).sum())
    cosine = np.where(truth, margin, -margin)
    return {"auc": float(np.mean(areas)), "gap": float(cosine.mean()), "first": hits / count, "firstInterval": wilson(hits, count), "sets": len(sets)}


def adult_areas(adults: Adults, scores: np.ndarray) -> dict:
    """AUC with its interval for each finding that was asked, and their mean."""
    out: dict = {}
    for k, kind in enumerate(ASKED_OF_ADULTS):
        p = adults.probability[: len(scores), LABELS.index(kind)]
        known = ~np.isnan(p)
        area, low, high = auc_interval(scores[known, k], p[known] > 0.5)
        out[kind] = {"auc": area, "low": low, "high": high, "positives": int((p[known] > 0.5).sum()), "n": int(known.sum())}
    return {**out, "mean": float(np.mean([of["auc"] for of in out.values()]))}


def table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows])


def page(about: dict, stages: list[dict]) -> str:
    trained = table(
        ["stage", "starts from", "parameters that learn", "steps", "seed", "processor seconds"],
        [[s["stage"], s["before"] or "new weights", f"{s['parameters']:,}", str(s["steps"]), str(s["seed"]), f"{s['seconds']:.0f}"] for s in stages],
    )
    phantoms = table(
        ["stage", "aligned AUC", "cosine gap", "own findings first", "answered AUC", "presence right", "report perplexity", "with another's picture"],
        [
            [
                s["stage"], f"{s['aligned']['auc']:.3f}", f"{s['aligned']['gap']:.3f}",
                f"{s['aligned']['first']:.3f} ({s['aligned']['firstInterval'][0]:.3f} to {s['aligned']['firstInterval'][1]:.3f})",
                f"{s['answered']['auc']:.3f}", f"{s['answered']['presence']:.3f} ({s['answered']['presenceInterval'][0]:.3f} to {s['answered']['presenceInterval'][1]:.3f})",
                f"{s['perplexity']['own']:.2f}", f"{s['perplexity']['other']:.2f}",
            ]
            for s in stages
        ],
    )  # fmt: skip
    others = table(
        ["stage", "normal", "heart", "side", "view", "portable", "device", "size", "comparison"],
        [[s["stage"], *(f"{s['answered'][k]:.3f}" for k in ("normal", "heart", "side", "view", "portable", "device", "size", "comparison"))] for s in stages],
    )
    films = table(
        ["stage, by", *ASKED_OF_ADULTS, "mean"],
        [
            [f"{s['stage']}, {way}", *(f"{of[k]['auc']:.2f} ({of[k]['low']:.2f} to {of[k]['high']:.2f})" for k in ASKED_OF_ADULTS), f"{of['mean']:.3f}"]
            for s in stages
            for way, of in (("captions", s["adults"]["aligned"]), ("answers", s["adults"]["answered"]))
        ],
    )
    return TEXT.format(trained=trained, phantoms=phantoms, others=others, films=films, sets=stages[0]["aligned"]["sets"], **{k: about[k] for k in ("torch", "python", "split")}, n=about["phantoms"], m=about["films"])


TEXT = """# The small LLaVA in three stages

What each stage of training adds: contrast, connector, instruction, each a checkpoint of its own, made by `python -m penumbra_models.stages` from `models/`
(stages `three-stage` and `three-stage-table` of the pipeline) and measured by `python -m penumbra_models.stage_measure`. The image encoder is that of `base` version 2, frozen. `text` comes before the
three: the decoder learns words with no picture in front of it. `direct` is the control: connector and decoder together from `text` on, for as many steps in front of the decoder as `connector` and `instruction` have.

{trained}

Torch {torch}, Python {python}, one thread.

## {n} held-out phantoms

Aligned: by the pooling query and text tower of `contrast` in front of this stage's connector, captions "a chest radiograph with X" against "without X"; the gap is the cosine with the one that is true less that with the one
that is not; "own findings first" among the {sets} different sets of findings of these phantoms. Answered: by the decoder's first word. Perplexity: of reports, a token. Shares with 95 % Wilson intervals (presence counts
{n} times 12 questions, which are not independent).

{phantoms}

Share of other answers that are right:

{others}

## {m} adult films (NIH ChestX-ray14, {split} split)

AUC with 95 % bootstrap intervals, labels mined from reports; wording "is there X?".

{films}
"""


if __name__ == "__main__":
    main()
