"""The names shared with the lab, from names.json (written by models/dataset/names.ts, which a test of the lab keeps equal)."""

import json
from pathlib import Path

_NAMES = json.loads((Path(__file__).parent / "names.json").read_text())

FINDINGS: tuple[str, ...] = tuple(_NAMES["findings"])
"""Findings of phantoms, in the order of their masks."""
MASKS: tuple[str, ...] = tuple(_NAMES["masks"])
"""What the rendered masks cover: the findings, then the organs."""
GRID: int = _NAMES["grid"]
"""Tokens a side."""
LABELS: tuple[str, ...] = tuple(_NAMES["labels"])
"""Labels of a package: the findings and pneumonia, which phantoms have not."""
DEVICES: tuple[str, ...] = tuple(_NAMES["devices"])
ANSWER_SPACES: dict[str, list[str]] = _NAMES["answerSpaces"]
ANSWERS: tuple[str, ...] = tuple(_NAMES["answers"])
QUESTION_TYPES: tuple[str, ...] = tuple(_NAMES["questionTypes"])
