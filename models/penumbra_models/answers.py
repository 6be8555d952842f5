"""What a phantom's finding list says to each question: the truth behind evaluation.

Training reads the lab's own answers (dataset/questions.ts); tests/test_answers.py keeps these equal to them.
"""

from .names import ANSWER_SPACES, DEVICES

SIZES = ANSWER_SPACES["size"]
"""From small to large."""
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
