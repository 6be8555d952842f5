"""The card's words about real radiographs."""

from .statistics import auc_error

CHANCE = 0.6
"""An AUC whose interval reaches below this is no better than a guess with a little luck."""


def children_line(test: dict) -> str:
    floor = max(test["baselines"].values())
    verdict = "above" if test["low"] > floor else "not clearly above" if test["auc"] > floor else "below"
    return (
        f"Kermany official test split ({test['n']} images): AUC {test['auc']:.3f} ({test['low']:.3f} to {test['high']:.3f}). Baselines that see no anatomy: "
        + ", ".join(f"{name} {value:.3f}" for name, value in test["baselines"].items())
        + f". The model is {verdict} the best of them. \"Is this radiograph normal?\": AUC {test['normalAuc']:.3f}. "
        f"Expected calibration error {test['ece']:.3f}, at temperature {test['temperature']:.2f} (fitted on validation children) {test['eceCalibrated']:.3f}."
    )


def adult_lines(r: dict) -> list[str]:
    calibration, boxes = r["calibration"], r["pointing"]
    lines = [
        "## Adults", "",
        f"Adult {r['split']} films ({r['n']} of all sources; plain wordings; patients apart). The AUCs are within NIH ChestX-ray14, whose labels were mined from reports",
        f"(about 90 % right by their authors), so that the source cannot tell the answer. Mean over its findings {r['meanAuc']:.3f}. Beside each: what ridge",
        "regression tells from the picture's outer ring (no lung), its histogram and its texture alone, trained on the same films; and over all sources, the AUC",
        "of the model and of the source's name alone.", "",
        "| question | AUC | 95 % interval | positives / n | outer ring | histogram | texture | all sources | source alone |", "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {'view: AP' if name == 'ap' else name} | {f['auc']:.3f} | {f['low']:.3f} to {f['high']:.3f} | {f['positives']} / {f['n']} | "
            + " | ".join(f"{v:.3f}" for v in f["baselines"].values())
            + f" | {f['allSources']['auc']:.3f} | {f['allSources']['sourceAlone']:.3f} |"
            for name, f in r["findings"].items()
        ), "",
    ]  # fmt: skip
    chance = [name for name, f in r["findings"].items() if f["low"] < CHANCE]
    if chance:
        lines += [f"**At or near chance on adults: {', '.join(chance)}.** An answer to these on a real film says next to nothing.", ""]
    effusion = r["findings"].get("effusion", {}).get("bySource", {}).get("nih_effusion")
    if effusion:
        lines += [f"Effusion in the other NIH pictures (yes or no only): {effusion['auc']:.3f} ({effusion['positives']} of {effusion['n']}).", ""]
    lines += [
        f"\"Is this radiograph normal?\" is answered yes on {calibration['normalYesOnNormal']:.2f} of normal adult films and {calibration['normalYesOnOthers']:.2f} of the others; some finding is",
        f"answered yes with 99 % or more on {calibration['yesAt99OnNormal']:.2f} of the films that readers call normal. Expected calibration error over {calibration['n']} answers {calibration['ece']:.3f};",
        f"divided by a temperature of {calibration['temperature']:.2f} (fitted on validation films) it is {calibration['eceCalibrated']:.3f}. The page prints undivided confidences, and of an adult's film the divided one beside them.", "",
    ]  # fmt: skip
    if boxes["n"]:
        lines += [f"Readers' boxes (NIH, RSNA): the most attended token lies in one {boxes['hit']:.2f} of the time, chance {boxes['chance']:.2f}, n {boxes['n']}.", ""]
    return [*lines, *_external(r), *_subgroups(r)]


def _external(r: dict) -> list[str]:
    if "external" not in r:
        return []
    return [
        "Other hospitals, never trained on:", "",
        *(f"- {name}, by the question about {e['question']}: AUC {e['auc']:.3f} ({e['low']:.3f} to {e['high']:.3f}), {e['positives']} of {e['n']}" for name, e in r["external"].items()),
        "", "(Shenzhen, Montgomery: normal against tuberculosis; JSRT: nodule against none; Wingspan: cardiothoracic ratio above 0.5.)", "",
    ]  # fmt: skip


def _subgroups(r: dict) -> list[str]:
    names = sorted({name for f in r["findings"].values() for name in f["bySubgroup"]})
    if not names:
        return []

    def cell(f: dict, name: str) -> str:
        group = f["bySubgroup"].get(name)
        if not group:
            return "too few"
        low, high = auc_error(group["auc"], group["positives"], group["n"])
        return f"{group['auc']:.2f} ({low:.2f} to {high:.2f}; {group['positives']} of {group['n']})"

    return [
        "By subgroup, AUC, 95 % interval (Hanley and McNeil 1982, from the counts), positives of n, where there are at least five of each answer. Where intervals overlap, no difference is shown:", "",
        f"| question | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}",
        *(f"| {label} | {' | '.join(cell(f, name) for name in names)} |" for label, f in r["findings"].items() if label != "ap"), "",
    ]  # fmt: skip
