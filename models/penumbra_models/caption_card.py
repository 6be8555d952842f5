"""The captioner's card, from what the lab measured of it (`npm run bench:captioners` writes evaluation.json).

uv run python -m penumbra_models.caption_card ../public/models/captioner-mini
"""

import argparse
import json
from pathlib import Path

from .vlm_card import table

CONDITIONS = {"clean": "as it is", "fgsm": "FGSM", "pgd": "PGD", "square": "Square"}
SCORES = {"bleu1": "BLEU-1", "bleu4": "BLEU-4", "meteor": "METEOR", "cider": "CIDEr-D", "findings": "findings"}
WHAT = (
    "The image encoder of `base` version 2 (frozen) and a GPT-2-like decoder of 2 layers and 128 channels that reads it by cross-attention, started from the decoder of "
    "`base` and trained to write the phantoms' reports; in the layout of browser exports (`encoder_model`, `decoder_model_merged` with cached keys), int8. It writes a report; asked "
    "whether a finding is there, it says which of two captions is likelier."
)
SOURCES = (
    "Research and teaching only; not for diagnosis. Weights: Apache-2.0. The decoder was trained on this project's phantoms alone. The encoder also saw train splits of real films: NIH "
    "ChestX-ray8/14 (NIH Clinical Center; Wang et al. 2017), normal films of the RSNA Pneumonia Detection Challenge 2018 (Shih et al. 2019; Wang et al. 2017), and the children of "
    "Kermany, Zhang, Goldbaum 2018 (Mendeley Data, doi:10.17632/rscbjbr9sj, CC BY 4.0). No film is part of this project."
)
MADE = (
    "`caption_train start --sets train train2 --seed 81 --steps 400 --batch 32 --rate 1e-3`, stopped at step 360, on cached tokens of 12,000 phantoms of seeds 1 to 12000 "
    "(`vlm_features`, seed 51, half of them augmented); a fifth of the texts are one short sentence (there is, there is no). Half a minute of processor time. `caption_export` wrote the graphs."
)
CANNOT = (
    "It knows the sentences of phantom reports and writes nothing else: of a real film it writes such sentences too, and nothing was measured on one. It was not trained against attacks. "
    "Its yes or no compares two likelihoods of short sentences, and is no probability of disease."
)


def card(measured: dict) -> str:
    scores, auc = measured["scores"], measured["auc"]
    rows = [
        [name, *(f"{scores[key][s]['mean']:.3f} ({scores[key][s]['low']:.3f} to {scores[key][s]['high']:.3f})" for s in SCORES)] for key, name in CONDITIONS.items()
    ]
    found = [[kind, "not measured" if v["auc"] is None else f"{v['auc']:.3f}", str(v["positive"]), f"{v['right']} of {v['n']}"] for kind, v in auc.items()]
    text = [
        "# Penumbra captioner mini\n", f"{WHAT}\n", f"{SOURCES}\n", f"## Reports of {measured['phantoms']} held-out phantoms\n",
        f"Measured by the lab itself (`npm run bench:captioners`) over the bundled graphs, greedy, on phantoms of seeds {measured['firstSeed']} on, which no training draws. Attacks "
        f"move away from the phantom's own report within {measured['epsilon']} of grey per pixel, a large change: FGSM one step, PGD {measured['pgdSteps']}, Square {measured['queries']} "
        "queries. Means with 95 % bootstrap intervals. METEOR by exact words; findings: F1 of findings with their sides, read by rules in both reports.\n",
        table(["picture", *SCORES.values()], rows),
        "## Whether a finding is there\n", "By the likelihoods of “there is …” and “there is no …”, on the same phantoms.\n",
        table(["finding", "AUC", "with it", "right"], found),
        "## How it was made\n", f"{MADE} Everything is in `models/README.md`.\n", "## What it cannot do\n", f"{CANNOT}\n",
    ]  # fmt: skip
    return "\n".join(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    (folder / "card.md").write_text(card(json.loads((folder / "evaluation.json").read_text())))


if __name__ == "__main__":
    main()
