"""card.md of the smoothness booster and the measurements in its manifest."""

import json
from pathlib import Path

from .card import NOTICE

NAMES = {"none": "neither", "purifier": "purifier", "mapper": "mapper", "both": "both"}


def write_booster_card(package: Path, result: dict) -> None:
    """Writes card.md beside the manifest and puts the main numbers into it."""
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["measured"] = {
        kind: {
            sigma: {
                system: {"score": s["score"], "ownScore": s["own"], "cleanCosine": s["clean"]["mean"]}
                for system, s in by_sigma["systems"].items()
            }
            for sigma, by_sigma in result[kind].items() if sigma != "strangers"
        }
        for kind in ("phantoms", "adults")
    }  # fmt: skip
    (package / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (package / "card.md").write_text("\n".join(booster_card(manifest, result)) + "\n")


def booster_card(manifest: dict, r: dict) -> list[str]:
    """The card, line by line."""
    encoder, ms, zero = manifest["encoder"], r["milliseconds"], r["identity"]
    return [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        f"Trained for the encoder of `{encoder['package']}` version {encoder['version']}, which stays as it is, as does its decoder; the manifest has",
        "the hashes of both. Noise is what the page certifies: Gaussian, rounded to grey levels, clipped. At sigma 0 nothing changes: the largest",
        f"difference is {zero['purifier']:g} in the picture, {zero['tokens']:g} in the tokens, {zero['embedding']:g} in the embedding.", "",
        f"Processor time of one picture, native ONNX Runtime: encoder {ms['vision']} ms, purifier {ms['purifier']} ms, mapper {ms['mapper']} ms.", "",
        "The Gaussian robustness score is the mean of (1 + cos) / 2 between the embedding under noise and the bare encoder's embedding of the",
        "clean picture, with 95 % bootstrap intervals over pictures; all four systems see the same noisy pictures. The own score measures against",
        "the system's own clean embedding at that sigma, as a certificate of the whole system does. The clean cosine compares the system at that",
        "sigma, given a picture without noise, with the bare encoder.", "",
        *(line for kind, title in (("phantoms", "Held-out phantoms"), ("adults", f"Adult films, {r['split']} split")) for line in _table(title, r[kind])),
        _aim(r), "",
        *_answers(r["answers"]),
        "What is not known: only noise up to sigma 0.5 was trained on. A higher score is not a defence against an attacker who knows both",
        "networks; that is measured by the page, on the answers.",
    ]  # fmt: skip


WANTED = 0.99
"""The clean cosine that purifier and mapper together were to keep at `AT`."""
AT = "0.25"


def _aim(r: dict) -> str:
    kept = {kind: r[kind][AT]["systems"]["both"]["clean"]["mean"] for kind in ("phantoms", "adults")}
    verdicts = [f"{'kept' if value >= WANTED else 'missed'} on {kind} ({value:.4f})" for kind, value in kept.items()]
    return f"The aim of a clean cosine of {WANTED} or more for purifier and mapper together at sigma {AT} is {' and '.join(verdicts)}."


def _table(title: str, by_sigma: dict) -> list[str]:
    first = next(iter(by_sigma.values()))
    apart = by_sigma["strangers"]
    out = [
        f"## {title}", "", f"{first['images']} pictures, {first['draws']} draws each.", "",
        "| sigma | system | score | 95 % interval | own score | clean cosine |", "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for sigma, measured in by_sigma.items():
        if sigma == "strangers":
            continue
        for system, s in measured["systems"].items():
            score = s["score"]
            out.append(
                f"| {sigma} | {NAMES[system]} | {score['mean']:.3f} | {score['low']:.3f} to {score['high']:.3f} | {s['own']['mean']:.3f} | {s['clean']['mean']:.4f} |"
            )
    rmse = {sigma: m["rootMeanSquareError"] for sigma, m in by_sigma.items() if sigma != "strangers"}
    return [
        *out, "",
        "Root mean square error of the pictures: "
        + ", ".join(f"sigma {s}: {e['noisy']['mean']:.3f} noisy, {e['purified']['mean']:.3f} purified" for s, e in rmse.items()) + ".", "",
        "Mean cosine between different pictures, which a booster that gives one answer to all would bring to 1: "
        f"clean {apart['clean']:.3f}; at sigma 0.25 " + ", ".join(f"{NAMES[s]} {v:.3f}" for s, v in apart.items() if s != "clean") + ".", "",
    ]  # fmt: skip


def _answers(a: dict) -> list[str]:
    return [
        "## Answers", "",
        f"Balanced accuracy of the frozen decoder over the findings on {a['images']} phantoms, one draw each; without noise {a['clean']:.3f}.", "",
        "| sigma | neither | purifier | mapper | both |", "| --- | --- | --- | --- | --- |",
        *(f"| {s} | " + " | ".join(f"{a[s][k]:.3f}" for k in NAMES) + " |" for s in a if s not in ("images", "clean")), "",
    ]  # fmt: skip
