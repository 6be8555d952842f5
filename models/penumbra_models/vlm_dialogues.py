"""What the small LLaVA is asked and how it answers: one word that decides, then a sentence that says why."""

import numpy as np

from .answers import SIZES, truth

TERMS = {
    "cardiomegaly": "cardiomegaly", "effusion": "pleural effusion", "pneumothorax": "pneumothorax", "consolidation": "consolidation",
    "nodule": "nodule", "edema": "pulmonary edema", "atelectasis": "atelectasis", "fracture": "rib fracture", "hernia": "hiatal hernia",
    "pacemaker": "pacemaker", "tube": "endotracheal tube", "line": "central venous line", "pneumonia": "pneumonia",
}  # fmt: skip
"""Label: the words for it in an answer."""
REPORT_WORDINGS = (
    "describe the radiograph.", "describe this chest radiograph.", "write a report.", "what does this radiograph show?", "what are the findings?",
    "what do you see?", "report the findings.", "describe the findings in this image.",
)  # fmt: skip
ROLE_USER, ROLE_ASSISTANT = "user:", "assistant:"


def asks(question: str) -> str:
    """What follows the picture's place in a prompt, as the chat template writes it (the tokenizer lower-cases and trims)."""
    return f"{question.strip()} {ROLE_ASSISTANT}"


def sentence_on_phantom(case: dict, row: dict) -> str:
    """The sentence after the answer's word, from what the phantom has."""
    kind, found = row["type"], case["findings"]
    if kind == "view":
        return f"the view is {case['patient']['view'].lower()}."
    if kind == "portable":
        return "the film is portable." if case["patient"]["portable"] else "the film is not portable."
    if kind == "normal":
        return _told(found[:2]) or "the radiograph is normal."
    if kind == "device":
        return _told([f for f in found if f["kind"] in ("pacemaker", "tube", "line")][:2]) or "there is no device."
    if kind == "comparison":
        volumes = case["measurements"]["effusionMl"]
        larger = max(volumes, key=lambda side: volumes[side])
        return f"the {larger} pleural effusion is larger."
    if kind == "heart":
        return _told([f for f in found if f["kind"] == "cardiomegaly"]) or "the heart is normal in size."
    return _told(_fitting(found, row)) or absent(row["findingId"])


def _fitting(found: list[dict], row: dict) -> list[dict]:
    """The finding asked about: what the question's side or size is true of, else whatever there is of it."""
    scope = {key: value for key, value in (row["scope"] or {}).items() if value != "both"}
    same = [f for f in found if f["kind"] == row["findingId"]]
    inside = [f for f in same if all(f.get(key) == value for key, value in scope.items())]
    if row["type"] == "size":
        return sorted(same, key=lambda f: SIZES.index(f["size"]))[-1:]
    return (inside or same)[:2]


def _told(found: list[dict]) -> str:
    return " ".join(f["sentence"].lower() for f in found)


def absent(label: str) -> str:
    return f"there is no {TERMS[label]}."


def sentence_on_film(label: str, holds: bool) -> str:
    """The sentence after the answer's word about a real film, of which only a label is known."""
    if label == "normal":
        return "the radiograph is normal." if holds else "the radiograph is not normal."
    if label == "ap":
        return "the view is ap." if holds else "the view is pa."
    return f"there is {TERMS[label]}." if holds else absent(label)


def answer_on_phantom(case: dict, row: dict) -> str | None:
    """The whole answer, or None where the question does not apply."""
    word = truth(case, row)
    return None if word is None else f"{word}, {sentence_on_phantom(case, row)}"


def report(case: dict) -> str:
    return " ".join(case["report"]).lower()


def report_wording(rng: np.random.Generator) -> str:
    return REPORT_WORDINGS[int(rng.integers(len(REPORT_WORDINGS)))]
