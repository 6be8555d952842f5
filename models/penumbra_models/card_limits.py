"""The card's words about what was aimed at and missed, what limits it, and what the model cannot do."""

from collections.abc import Callable

from .card_adults import CHANCE

HEADS = {"mean": "averaged over the picture", "grid": "averaged over a 2 x 2 grid"}
FAILED = 0.6
"""Accuracy of a kind of held-out wording under which the card warns of it."""


def aims(r: dict) -> list[str]:
    """What the project asks of a model that reads people and phantoms, beside what this one reaches; nothing is left out."""
    adults = r["adults"]
    found, outside, boxes = adults["findings"], adults.get("external", {}), adults["pointing"]

    def area(of: dict) -> Callable[[str], float | None]:
        return lambda name: of[name]["auc"] if name in of else None

    rows: list[tuple[str, float | None, float]] = [
        ("phantoms, mean AUC over findings", r["meanAuc"], 0.99),
        ("adults, mean AUC over nine questions", adults["meanAuc"], 0.80),
        ("adults, effusion", area(found)("effusion"), 0.85),
        ("adults, cardiomegaly", area(found)("cardiomegaly"), 0.85),
        ("another hospital (Wingspan), heart over half of the chest", area(outside)("wingspan"), 0.90),
        ("another hospital (Shenzhen), normal against not", area(outside)("shenzhen"), 0.80),
        ("another hospital (Montgomery), normal against not", area(outside)("montgomery"), 0.80),
        ("children, pneumonia", r["kermanyTest"]["auc"], 0.95),
        ("readers' boxes, most attended token inside, over chance", boxes["hit"] / boxes["chance"] if boxes["n"] else None, 2.0),
    ]
    return [
        "## What was aimed at", "",
        "| aim | reached | aimed at | |", "| --- | --- | --- | --- |",
        *(f"| {name} | {value:.3f} | {least:.2f} | {'reached' if value >= least else '**missed**'} |" for name, value, least in rows if value is not None), "",
    ]  # fmt: skip


def limits(curve: dict | None) -> list[str]:
    """Whether more films or another encoder would help, by heads fitted on this encoder's frozen tokens."""
    if not curve:
        return []
    rows = curve["rows"]
    counts = sorted({row["films"] for row in rows})
    steps = curve.get("training", [])
    lines = ["## What limits it on adults", ""]
    if steps:
        lines += [
            "Mean AUC over the nine questions on validation films while it was trained: "
            + ", ".join(f"{s['auc']:.3f} ({s['after']})" for s in steps)
            + ". It had stopped rising when training ended.", "",
        ]  # fmt: skip
    lines += [
        f"Heads (logistic regressions, one a question) fitted on the frozen encoder's tokens of ever more NIH training films, seed {curve['seed']}; mean test AUC within NIH ChestX-ray14. The penalty",
        "was chosen on validation films.", "",
        "| tokens | numbers | " + " | ".join(f"{n:,} films" for n in counts) + " |", "| --- | --- |" + " --- |" * len(counts),
    ]  # fmt: skip
    for head in dict.fromkeys(row["head"] for row in rows):
        mine = {row["films"]: row for row in rows if row["head"] == head}
        lines.append(f"| {HEADS[head]} | {mine[counts[0]]['numbers']:,} | " + " | ".join(f"{mine[n]['test']:.3f}" for n in counts) + " |")
    last = {head: [row["test"] for row in rows if row["head"] == head][-2:] for head in HEADS}
    more = max(b - a for a, b in last.values())
    best = max(row["test"] for row in rows)
    return [
        *lines, "",
        f"The last step in films ({counts[-2]:,} to {counts[-1]:,}) changes a head's mean by at most {more:+.3f}, and the best head reaches {best:.3f}: "
        + ("more films of the same kind still help." if more > 0.01 else "more films of the same kind would help little; what this encoder keeps of a film is the limit.")
        + " Other sizes of the encoder were not trained.", "",
    ]  # fmt: skip


def cannot(r: dict) -> list[str]:
    """Said plainly, out of the numbers above."""
    adults, held = r["adults"], r["heldOutWordings"]
    chance = [name for name, f in adults["findings"].items() if f["low"] < CHANCE]
    weak = sorted(
        (accuracy, f"{kind}, {strategy} ({accuracy:.2f})")
        for kind, q in held["questions"].items() for strategy, accuracy in q["byStrategy"].items() if accuracy < FAILED
    )  # fmt: skip
    calibration = adults["calibration"]
    hospitals = [f"{name} {e['auc']:.2f}" for name, e in adults.get("external", {}).items() if e["low"] < CHANCE]
    return [
        "## What it cannot do", "",
        f"- Tell on an adult's film: {', '.join(chance)} (intervals reach below {CHANCE}). Devices, fractures and hernias are taught on phantoms and were measured on no film, or on too few.",
        *([f"- Serve films of other hospitals as those it knows: {', '.join(hospitals)} are close to guessing."] if hospitals else []),
        f"- State how sure it is of an adult's film: percentages are off by {100 * calibration['ece']:.1f} points on average before a temperature, {100 * calibration['eceCalibrated']:.1f} after.",
        "- Read a lateral film, one upside down or one with black for white: it answers all the same. The page's gauge of unlike pictures passes some of them (`npm run bench:populations`).",
        "- Tell a side, a size or a comparison on real films: no film is labelled with one.",
        f"- Take every wording: accuracy of held-out wordings is below {FAILED} for {'; '.join(text for _, text in weak) or 'none'}.",
        "- Withstand an attacker: the section on deployed graphs shows how little it takes.",
    ]  # fmt: skip
