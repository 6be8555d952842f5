"""Cards of the two small vision-language models, from what the lab measured of them (`npm run bench:vlm` writes evaluation.json).

uv run python -m penumbra_models.vlm_card ../public/models/llava-mini ../public/models/siglip-mini
"""

import argparse
import json
from pathlib import Path

from .statistics import auc_error

SOURCES = (
    "Research and teaching only; not for diagnosis. Weights: Apache-2.0. Trained on this project's phantoms and on train splits of real adult films: NIH "
    "ChestX-ray8/14 (NIH Clinical Center; Wang et al. 2017), whose labels were mined from reports, and normal films of the RSNA Pneumonia Detection Challenge "
    "2018 (Shih et al. 2019; Wang et al. 2017). The encoder saw the children of Kermany, Zhang, Goldbaum 2018 too (Mendeley Data, doi:10.17632/rscbjbr9sj, CC BY "
    "4.0). No film is part of this project. Nothing was measured on real films here: what is below says how well the phantoms are read."
)
MADE = {
    "llava-mini": (
        "Penumbra LLaVA mini",
        "The image encoder of `base` version 2 (float16 weights, frozen), a connector of two layers and a Llama-like decoder of 4 layers and 192 channels "
        "(rotary places, 4 query heads on 2 key heads, RMSNorm, SwiGLU), in the layout of browser exports: `vision_encoder` and `embed_tokens` in int8, "
        "`decoder_model_merged` by onnxruntime-genai's builder with products of 8 bits (int8) and 4 (q4). It answers with one word and a sentence that says "
        "why, and writes short reports.",
        "`vlm_features` (seed 51, half of 12,000 phantoms of seeds 1 to 12000 augmented once, all adults), then `vlm_train --seed 61 --rate 2e-3`: steps 1 to 150 "
        "with 12 phantoms and no film (`--batch 12 0 --steps 1100 --decay 400`, 9 questions a picture, seeds 1 to 7000), steps 151 to 1500 with 8 phantoms and 4 films (`--batch 8 4 "
        "--steps 1500 --decay 500`), 40 minutes of one crowded core. `vlm_export` wrote the graphs.",
    ),
    "siglip-mini": (
        "Penumbra SigLIP mini",
        "The image encoder of `base` version 2 (frozen) with SigLIP's pooling head, and a text tower of 2 layers, trained with the sigmoid loss over all pairs of a "
        "batch whose truth is known; one graph in the layout of browser exports, int8. It scores captions.",
        "`vlm_features` as for `llava-mini`, then `siglip_train --seed 71 --steps 1500 --decay 600` (40 phantoms, 16 films and 48 captions a step; 14 minutes of one "
        "crowded core). `siglip_export` wrote the graph.",
    ),
}  # fmt: skip

CANNOT = {
    "llava-mini": "The sentence behind the answer's word was learned from the phantoms' own reports; of real films only labels are known, so that there it names no side and no "
    "size. What stands below 0.8 above is not learned. Nothing was measured on a real film.",
    "siglip-mini": "Captions of what training never named (devices of other kinds, diseases) get scores that mean nothing, and so does a caption about a negation that no caption of "
    "training had. A score is no probability of disease. Nothing was measured on a real film.",
}  # fmt: skip


def area(of: dict, n: int) -> str:
    """An AUC with its interval by its counts."""
    if of["auc"] == 1:
        return "1.000"
    low, high = auc_error(of["auc"], of["positive"], n)
    return f"{of['auc']:.3f} ({low:.3f} to {high:.3f})"


def table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]) + "\n"


def share(measured: dict) -> list[str]:
    return [f"{measured['right']:.3f}", f"{measured['low']:.3f} to {measured['high']:.3f}", str(measured["n"])]


def card(identifier: str, measured: dict) -> str:
    name, what, made = MADE[identifier]
    accuracy, auc = measured["accuracy"], measured["auc"]
    prefix = "presence " if identifier == "llava-mini" else ""
    about = (
        "Plain wordings, by the next token's probability of the answers."
        if prefix
        else f"Zero-shot: {measured['prompts'][0]!r} against {measured['prompts'][1]!r}."
    )
    rows = [[kind, area(auc[kind], measured["phantoms"]), str(auc[kind]["positive"]), *share(accuracy[prefix + kind])[:2]] for kind in auc]
    mean = sum(v["auc"] for v in auc.values()) / len(auc)
    text = [
        f"# {name}\n", f"{what}\n", f"{SOURCES}\n", f"## Findings on {measured['phantoms']} held-out phantoms\n",
        f"{about} Measured by the lab itself (`npm run bench:vlm`) over the bundled graphs, {measured['precision']}, on phantoms of seeds "
        f"{measured['firstSeed']} on, which no training draws. Mean AUC {mean:.3f}. Intervals: 95 %, of AUCs by Hanley and McNeil (1982), of shares by Wilson; an AUC of 1 has none.\n",
        table(["finding", "AUC", "with it", "accuracy", "95 % interval"], rows),
    ]  # fmt: skip
    others = [[kind, *share(of)] for kind, of in accuracy.items() if not kind.startswith("presence ")] if prefix else []
    if others:
        text += ["## Other questions\n", table(["question", "accuracy", "95 % interval", "n"], others)]
        text += [
            f"The answers have {100 * measured['meanShareOfNextToken']:.1f} % of the next token's probability on average. What stands below 0.8 is not learned: "
            "do not read a size or a comparison from it.\n"
        ]
    text += [
        "## How it was made\n", f"{made} Everything is in `models/README.md`.\n",
        "## What it cannot do\n", f"{CANNOT[identifier]} Its encoder is that of `base`, whose card says how little of an adult's film it tells (mean AUC over nine questions 0.72 of 1, "
        "pneumothorax, nodule and atelectasis near chance): nothing behind it can tell more. It was trained against no attack.\n",
    ]  # fmt: skip
    return "\n".join(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    for folder in parser.parse_args().folders:
        measured = json.loads((folder / "evaluation.json").read_text())
        (folder / "card.md").write_text(card(folder.name, measured))


if __name__ == "__main__":
    main()
