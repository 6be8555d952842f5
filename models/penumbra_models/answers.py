"""What a phantom's finding list says to each question: the truth behind training and evaluation.

uv run python -m penumbra_models.answers --questions data/questions.jsonl --set data/train
writes SET/answers.jsonl: per case, [index of a wording, answer] for each question that applies, one wording per polarity.
"""

import argparse
import json
from pathlib import Path

DEVICES = ("pacemaker", "tube", "line")
SIZES = ("small", "moderate", "large")
OPPOSITE = {"yes": "no", "no": "yes"}


def truth(case: dict, row: dict) -> str | None:
    """Answer to one question, as its wording wants it, or None where it does not apply (the side of what is absent)."""
    found = [f for f in case["findings"] if f["kind"] == row["findingId"]]
    kind = row["type"]
    if kind == "side":
        sides = {f["side"] for f in found}
        return "both" if len(sides) == 2 else next(iter(sides), None)
    if kind == "size":
        return max((f["size"] for f in found), key=SIZES.index, default=None)
    if kind == "view":
        return case["patient"]["view"].lower()
    if row["findingId"] == "pneumonia":
        return None
    if kind == "presence":
        says = _in_scope(found, row["scope"] or {})
    elif kind == "normal":
        says = not case["findings"]
    elif kind == "heart":
        says = any(f["kind"] == "cardiomegaly" for f in case["findings"])
    elif kind == "portable":
        says = case["patient"]["portable"]
    elif kind == "device":
        says = any(f["kind"] in DEVICES for f in case["findings"])
    else:
        volumes = case["measurements"]["effusionMl"]
        side = row["canonicalId"].split(".")[1]
        if volumes["left"] == volumes["right"]:
            return None
        says = volumes[side] == max(volumes.values())
    word = "yes" if says else "no"
    return word if row["polarity"] == 1 else OPPOSITE[word]


def _in_scope(found: list[dict], scope: dict) -> bool:
    if scope.get("side") == "both":
        return {"left", "right"} <= {f.get("side") for f in found}
    return any(all(f.get(key) == value for key, value in scope.items()) for f in found)


def first_wordings(rows: list[dict]) -> list[int]:
    """One wording of each question and polarity: the first."""
    firsts: dict[tuple, int] = {}
    for i, row in enumerate(rows):
        firsts.setdefault((row["canonicalId"], row["polarity"]), i)
    return list(firsts.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--set", type=Path, required=True)
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.questions.read_text().splitlines()]
    wordings = first_wordings(rows)
    lines = []
    for line in (args.set / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        answers = [(i, truth(case, rows[i])) for i in wordings]
        lines.append(json.dumps([[i, answer] for i, answer in answers if answer]))
    (args.set / "answers.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
