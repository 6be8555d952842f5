"""card.md and the manifest's accuracy, from what penumbra_models.evaluate measured; `npm run cards` adds what the lab's studies did.

uv run python -m penumbra_models.card ../public/models/base [--curve runs/curve.json]

writes a package's card again out of its evaluation.json, with its words as they are now.
"""

import argparse
import json
from pathlib import Path

from .card_adults import adult_lines, children_line
from .card_limits import aims, cannot, limits
from .evaluate_disturbed import disturbed_lines

NOTICE = """Research and teaching only; not for diagnosis. Small (a few megabytes), trained on synthetic phantoms, adults of NIH ChestX-ray14
whose labels were mined from reports, and children of one hospital. Weights: Apache-2.0. Real training pictures, train splits only:
NIH ChestX-ray8/14 (NIH Clinical Center; Wang et al. 2017); normal films of the RSNA Pneumonia Detection Challenge 2018 (Shih et al. 2019;
Wang et al. 2017); Kermany, Zhang, Goldbaum 2018, Mendeley Data, doi:10.17632/rscbjbr9sj, CC BY 4.0. Measured on, never trained on: Shenzhen
and Montgomery (NLM; Jaeger et al. 2014), JSRT (Shiraishi et al. 2000), Wingspan (Dong et al. 2018, MIT). No film is part of this project.

Films there were to train on, validate on and test on: NIH 1,731, 247 and 348 (all findings), NIH again 786, 85 and 116 (effusion alone), RSNA normals 3,963, 367 and 478,
children 4,012, 566 and 618; patients apart in the first, unknown in the second and third, which have no patient numbers. External films are for measuring alone."""


def write_card(package: Path, result: dict) -> None:
    """Writes card.md beside the manifest and puts the main numbers into it."""
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["accuracy"] = {
        "meanFindingAuc": round(result["meanAuc"], 4),
        "phantoms": result["phantoms"],
        "outsideMeanAuc": round(result["outside"]["meanAuc"], 4),
        "findingAuc": {name: round(f["auc"], 4) for name, f in result["findings"].items()},
        "kermanyTestAuc": round(result["kermanyTest"]["auc"], 4),
        "adultMeanAuc": round(result["adults"]["meanAuc"], 4),
        "adultFindingAuc": {name: round(f["auc"], 4) for name, f in result["adults"]["findings"].items()},
        "paraphraseFlipRate": {k: v for k, v in result["paraphrases"].items() if not isinstance(v, dict)},
        "gaussianScore": {s: round(g["mean"], 4) for s, g in result["gaussianScore"].items() if s != "clipped"},
        "robustAccuracy": {k: round(v["accuracy"], 4) if isinstance(v, dict) else v for k, v in result["attack"].items()},
    }
    (package / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (package / "card.md").write_text("\n".join(card_lines(manifest, result)) + "\n")


def card_lines(manifest: dict, r: dict) -> list[str]:
    """The card, line by line."""
    return [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        *_phantoms(r), *_questions(r),
        "## Children: pneumonia", "", children_line(r["kermanyTest"]), "",
        *adult_lines(r["adults"]), *_realism(r.get("realism")), *aims(r), *limits(r.get("curve")),
        *(disturbed_lines(r["disturbed"]) if "disturbed" in r else []), *_pointing(r["pointing"]), *_wordings(r), *_forms(r["precisions"]), "", *cannot(r),
    ]  # fmt: skip


def _phantoms(r: dict) -> list[str]:
    beyond = r["outside"]
    return [
        f"## Findings on {r['phantoms']} held-out phantoms", "",
        f"Plain wording, float weights. Mean AUC {r['meanAuc']:.3f}. 95 % bootstrap intervals. Balanced accuracy is the mean of",
        "sensitivity and specificity at margin 0; with the image removed (flat grey) the model gives one answer to all, so its AUC and",
        f"balanced accuracy are 0.5. The last column is the AUC on {beyond['phantoms']} phantoms whose rotation (9 to 12 degrees) and dose (0.15 to 0.24 of",
        f"the standard) training hardly ever draws: mean {beyond['meanAuc']:.3f}.", "",
        "| finding | AUC | 95 % interval | balanced accuracy | image removed | positives | AUC, held-out ranges |", "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {f['auc']:.3f} | {f['low']:.3f} to {f['high']:.3f} | {f['balancedAccuracy']:.3f} | {f['imageRemoved']:.3f} | {f['positives']} "
            f"| {o['auc']:.3f} ({o['low']:.3f} to {o['high']:.3f}) |"
            for (name, f), o in zip(r["findings"].items(), beyond["findings"].values(), strict=True)
        ),
        *_warning(r),
    ]  # fmt: skip


def _questions(r: dict) -> list[str]:
    return [
        "", "| other questions | accuracy | 95 % interval | image removed | n |", "| --- | --- | --- | --- | --- |",
        *(f"| {name} | {q['accuracy']:.3f} | {q['low']:.3f} to {q['high']:.3f} | {q['imageRemoved']:.3f} | {q['n']} |" for name, q in r["questions"].items()),
        "", f"Reports: BLEU-4 {r['reports']['bleu4']:.3f} on {r['reports']['n']} phantoms (template sentences; greedy).", "",
    ]  # fmt: skip


def _pointing(pointing: dict) -> list[str]:
    """Robustness, flips and the Gaussian score are not told here: `npm run cards` takes them from studies of the graphs as shipped."""
    return [
        "## Where it looks", "",
        f"Pointing game (last cross-attention, mean of heads; {pointing['n']} found findings): the most attended token lies in the mask {pointing['hit']:.3f} of the time; chance {pointing['chance']:.3f}.",
        "Training rewards this attention for falling on what is asked about, so the number says that it was learned, not that it arose by itself.", "",
    ]  # fmt: skip


def _wordings(r: dict) -> list[str]:
    held = r["heldOutWordings"]
    calibration = held["calibration"]
    return [
        "## Wordings", "",
        "| held-out wordings of | accuracy | n | by strategy |", "| --- | --- | --- | --- |",
        *(
            f"| {name} | {q['accuracy']:.3f} | {q['n']} | {', '.join(f'{k} {v:.3f}' for k, v in q['byStrategy'].items())} |"
            for name, q in held["questions"].items()
        ), "",
        f"Confidence in held-out wordings ({calibration['n']} answers): accuracy {calibration['accuracy']:.3f}, mean confidence {calibration['confidence']:.3f}, expected calibration error {calibration['ece']:.3f}.", "",
        "Held-out negations one by one, with X for the finding. Training hears other negations with \"absent\" in another sentence, never \"negative for\":", "",
        *(f"- {text}: {v['accuracy']:.3f} (n {v['n']})" for text, v in r["heldOutNegations"].items()), "",
    ]  # fmt: skip


def _forms(precisions: dict) -> list[str]:
    return [
        "## Precision forms", "",
        f"As shipped, run by ONNX Runtime on {next(iter(precisions.values()))['images']} phantoms; flips and cosine against float weights.", "",
        "| form | bytes | mean AUC | embedding cosine | answers flipped |", "| --- | --- | --- | --- | --- |",
        *(f"| {name} | {p['bytes']} | {p['meanAuc']:.3f} | {p['cosine']:.5f} | {p['flipRate']:.4f} |" for name, p in precisions.items()),
    ]  # fmt: skip


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--curve", type=Path, help="JSON that penumbra_models.curve wrote, to keep with the evaluation")
    args = parser.parse_args()
    file = args.package / "evaluation.json"
    result = json.loads(file.read_text())
    if args.curve:
        result["curve"] = json.loads(args.curve.read_text())
        file.write_text(json.dumps(result, indent=1) + "\n")
    write_card(args.package, result)


if __name__ == "__main__":
    main()
