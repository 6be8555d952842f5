"""card.md and the manifest's accuracy, from what penumbra_models.evaluate measured."""

import json
from pathlib import Path

NOTICE = """Research and teaching only; not for diagnosis. Small (a few megabytes), trained mostly on synthetic phantoms,
and on children of one hospital for pneumonia. Weights: Apache-2.0. Real training pictures: Kermany, Zhang, Goldbaum 2018, Mendeley Data,
doi:10.17632/rscbjbr9sj, CC BY 4.0, train split. Domain-shift check: NIH ChestX-ray8 (NIH Clinical Center; Wang et al. 2017)."""


def write_card(package: Path, result: dict) -> None:
    """Writes card.md beside the manifest and puts the main numbers into it."""
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["accuracy"] = {
        "meanFindingAuc": round(result["meanAuc"], 4),
        "phantoms": result["phantoms"],
        "outsideMeanAuc": round(result["outside"]["meanAuc"], 4),
        "findingAuc": {name: round(f["auc"], 4) for name, f in result["findings"].items()},
        "kermanyTestAuc": round(result["kermanyTest"]["auc"], 4),
        "paraphraseFlipRate": {k: v for k, v in result["paraphrases"].items() if not isinstance(v, dict)},
        "gaussianScore": {s: round(g["mean"], 4) for s, g in result["gaussianScore"].items()},
        "robustAccuracy": {k: round(v["accuracy"], 4) if isinstance(v, dict) else v for k, v in result["attack"].items()},
    }
    (package / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (package / "card.md").write_text("\n".join(_lines(manifest, result)) + "\n")


def _lines(manifest: dict, r: dict) -> list[str]:
    test, nih, noise, attack = r["kermanyTest"], r["nih"], r["gaussianScore"], r["attack"]
    pointing, flips = r["pointing"], r["paraphrases"]
    floor = max(test["baselines"].values())
    verdict = "above" if test["low"] > floor else "not clearly above" if test["auc"] > floor else "below"
    beyond = r["outside"]
    lines = [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        f"## Findings on {r['phantoms']} held-out phantoms", "",
        f"Plain wording, float weights. Mean AUC {r['meanAuc']:.3f}. 95 % bootstrap intervals. Balanced accuracy is the mean of",
        "sensitivity and specificity at margin 0; with the image removed (flat grey) the model gives one answer to all, so its AUC and",
        f"balanced accuracy are 0.5. The last column is the AUC on {beyond['phantoms']} phantoms whose rotation (9 to 12 degrees) and dose (0.15 to 0.24 of",
        f"the standard) lie outside what training draws: mean {beyond['meanAuc']:.3f}.", "",
        "| finding | AUC | 95 % interval | balanced accuracy | image removed | positives | AUC, held-out ranges |", "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {f['auc']:.3f} | {f['low']:.3f} to {f['high']:.3f} | {f['balancedAccuracy']:.3f} | {f['imageRemoved']:.3f} | {f['positives']} "
            f"| {o['auc']:.3f} ({o['low']:.3f} to {o['high']:.3f}) |"
            for (name, f), o in zip(r["findings"].items(), beyond["findings"].values())
        ),
        *_warning(r),
        "", "| other questions | accuracy | 95 % interval | image removed | n |", "| --- | --- | --- | --- | --- |",
        *(f"| {name} | {q['accuracy']:.3f} | {q['low']:.3f} to {q['high']:.3f} | {q['imageRemoved']:.3f} | {q['n']} |" for name, q in r["questions"].items()),
        "", f"Reports: BLEU-4 {r['reports']['bleu4']:.3f} on {r['reports']['n']} phantoms (template sentences; greedy).", "",
        "## Real radiographs: pneumonia", "",
        f"Kermany official test split ({test['n']} images): AUC {test['auc']:.3f} ({test['low']:.3f} to {test['high']:.3f}). Baselines that see no anatomy: "
        + ", ".join(f"{name} {value:.3f}" for name, value in test["baselines"].items()) + f". The model is {verdict} the best of them.",
        f"NIH adults ({nih['n']} images, labels mined from text; another population, domain shift): AUC {nih['auc']:.3f} ({nih['low']:.3f} to {nih['high']:.3f}).", "",
        *_realism(r.get("realism")),
        "## Stability", "",
        f"Paraphrase flips (against the plain wording, {flips['images']} phantoms x 12 findings): {flips['trained']:.3f} for wordings seen in training, {flips['heldOut']:.3f} for held-out ones",
        "(" + ", ".join(f"{name} {value:.3f}" for name, value in flips["heldOutByStrategy"].items()) + ").", "",
        "Gaussian robustness score, mean over images of E[(1 + cos) / 2], noise unclipped: "
        + ", ".join(f"{g['mean']:.3f} ({g['low']:.3f} to {g['high']:.3f}) at sigma {s}, {g['draws']} draws" for s, g in noise.items()) + f"; {noise['0.1']['images']} phantoms.", "",
        f"Accuracy under linf PGD-20 on the margin, {attack['n']} balanced questions: "
        + ", ".join(f"{v['accuracy']:.3f} ({v['low']:.3f} to {v['high']:.3f}) at {name}" for name, v in attack.items() if name != "n") + ".", "",
        f"Pointing game (last cross-attention, mean of heads; {pointing['n']} found findings): the most attended token lies in the mask {pointing['hit']:.3f} of the time; chance {pointing['chance']:.3f}.",
        "Training rewards this attention for falling on what is asked about, so the number says that it was learned, not that it arose by itself.", "",
        "## Precision forms", "",
        f"As shipped, run by ONNX Runtime on {next(iter(r['precisions'].values()))['images']} phantoms; flips and cosine against float weights.", "",
        "| form | bytes | mean AUC | embedding cosine | answers flipped |", "| --- | --- | --- | --- | --- |",
        *(f"| {name} | {p['bytes']} | {p['meanAuc']:.3f} | {p['cosine']:.5f} | {p['flipRate']:.4f} |" for name, p in r["precisions"].items()),
    ]  # fmt: skip
    return lines


def _warning(r: dict) -> list[str]:
    """What a user must not expect. A fifth of all phantoms is normal, so telling these apart alone gives an AUC near 0.63."""
    unlearned = [name for name, f in r["findings"].items() if f["auc"] < 0.75]
    weak = [f"{name} ({f['auc']:.3f})" for name, f in r["findings"].items() if 0.75 <= f["auc"] < 0.9]
    weak += [f"the {name} question ({q['accuracy']:.3f})" for name, q in r["questions"].items() if 0.6 <= q["accuracy"] < 0.8]
    chance = [f"the {name} question ({q['accuracy']:.3f})" for name, q in r["questions"].items() if q["accuracy"] < 0.6]
    lines = []
    if chance:
        lines += ["", f"**Not learned: {', '.join(chance)}.** The answer is no better than without the image."]
    if unlearned:
        lines += ["", f"**Not learned: {', '.join(unlearned)}.** An AUC near 0.63 is what telling normal films from others gives by itself."]
    if weak:
        lines += ["", f"**Weak: {', '.join(weak)}.**"]
    return lines


def _realism(distances: dict | None) -> list[str]:
    if not distances:
        return []
    return [
        f"How far phantoms are from adult radiographs ({distances['phantoms']} and {distances['real']} pictures): grey-level histograms {distances['histogram']:.3f} "
        f"(two halves of the real ones {distances['histogram_real_to_real']:.3f}; 1-Wasserstein, share of the range), power spectra {distances['spectrum_decades']:.3f} decades "
        f"({distances['spectrum_real_to_real']:.3f}).", "",
    ]  # fmt: skip
