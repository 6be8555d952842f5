"""Evaluation's truth is the lab's: golden/truth.json holds what the lab's TypeScript answers for six phantoms."""

import json
from pathlib import Path

import pytest

from penumbra_models.answers import truth

GOLDEN = json.loads((Path(__file__).parent / "golden/truth.json").read_text())


@pytest.mark.parametrize("number", range(len(GOLDEN["cases"])))
def test_every_question_is_answered_as_by_the_lab(number: int) -> None:
    case = GOLDEN["cases"][number]
    ours = [truth(case, {"side": None, **question}) for question in GOLDEN["questions"]]
    told = {(q["canonicalId"], q["polarity"]): a for q, a in zip(GOLDEN["questions"], case["answers"], strict=True)}
    assert {(q["canonicalId"], q["polarity"]): a for q, a in zip(GOLDEN["questions"], ours, strict=True)} == told


def test_the_golden_holds_both_answers_and_questions_that_do_not_apply() -> None:
    answers = [a for case in GOLDEN["cases"] for a in case["answers"]]
    assert {"yes", "no", "left", "right", None} <= set(answers)
