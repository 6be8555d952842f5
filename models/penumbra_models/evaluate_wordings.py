"""What wording does to answers: flips of the presence questions, and the accuracy of every question in held-out wordings."""

import numpy as np
from torch import Tensor

from .answers import truth
from .calibration import expected_calibration_error
from .examiner import Examiner
from .names import ANSWER_SPACES, FINDINGS, QUESTION_TYPES

TRAINING_ONLY = "training"
"""Strategy of the wordings that are no part of the question bank."""


def paraphrases(examiner: Examiner, tokens: Tensor) -> dict:
    """Share of wordings whose corrected answer differs from the plain wording's."""
    flips: dict[bool, list[np.ndarray]] = {False: [], True: []}
    by_strategy: dict[str, list[np.ndarray]] = {}
    for finding in FINDINGS:
        plain = examiner.plain("presence", finding)[0]
        rows = _others(examiner, plain)
        margins = examiner.margins(tokens, [plain, *rows])
        flipped = (margins[:, 1:] > 0) != (margins[:, :1] > 0)
        for k, row in enumerate(rows):
            question = examiner.questions.rows[row]
            flips[question["heldOut"]].append(flipped[:, k])
            if question["heldOut"]:
                by_strategy.setdefault(question["strategy"], []).append(flipped[:, k])
    return {
        "trained": float(np.concatenate(flips[False]).mean()), "heldOut": float(np.concatenate(flips[True]).mean()),
        "images": len(tokens),
        "heldOutByStrategy": {k: float(np.concatenate(v).mean()) for k, v in sorted(by_strategy.items())},
    }  # fmt: skip


def _others(examiner: Examiner, plain: int) -> list[int]:
    """The other wordings of a question that are in the question bank."""
    key = examiner.questions.rows[plain]["canonicalId"]
    return [i for i, r in enumerate(examiner.questions.rows) if r["canonicalId"] == key and i != plain and r["strategy"] != TRAINING_ONLY]


def held_out(examiner: Examiner, tokens: Tensor, cases: list[dict]) -> dict:
    """Accuracy, and for yes-no questions the calibration, of held-out wordings of every type of question.

    {type: {accuracy, n, byStrategy}} and `calibration` over all of them: what the page prints as confidence.
    """
    out: dict = {}
    sure: list[np.ndarray] = []
    hit: list[np.ndarray] = []
    for kind in QUESTION_TYPES:
        by_strategy: dict[str, list[np.ndarray]] = {}
        for row, question in enumerate(examiner.questions.rows):
            if question["type"] != kind or not question["heldOut"] or question["findingId"] == "pneumonia":
                continue
            words = ANSWER_SPACES[question["answerSpace"]]
            asked = [(i, answer) for i, c in enumerate(cases) if (answer := truth(c, question))]
            if not asked:
                continue
            z = examiner.logits(tokens[[i for i, _ in asked]], [row])[:, 0, [examiner.words[w] for w in words]]
            right = z.argmax(-1).numpy() == np.array([words.index(a) for _, a in asked])
            by_strategy.setdefault(question["strategy"], []).append(right)
            sure.append(z.softmax(-1).amax(-1).numpy())
            hit.append(right)
        every = np.concatenate([np.concatenate(v) for v in by_strategy.values()])
        out[kind] = {
            "accuracy": float(every.mean()), "n": len(every),
            "byStrategy": {k: float(np.concatenate(v).mean()) for k, v in sorted(by_strategy.items())},
        }  # fmt: skip
    confidence, correct = np.concatenate(sure), np.concatenate(hit)
    return {
        "questions": out,
        "calibration": {
            "n": len(correct), "accuracy": float(correct.mean()), "confidence": float(confidence.mean()),
            "ece": expected_calibration_error(confidence, correct),
        },
    }  # fmt: skip


def negations(examiner: Examiner, tokens: Tensor, cases: list[dict]) -> dict:
    """Accuracy of each held-out negation of the presence questions: {wording with X for the finding: {accuracy, n}}.

    They share nothing, a word, or a sentence with wordings of training, which tells the word from the negation.
    """
    right: dict[str, list[np.ndarray]] = {}
    for finding in FINDINGS:
        plain = examiner.questions.rows[examiner.plain("presence", finding)[0]]
        term = plain["text"].removeprefix("is there ").removesuffix("?")
        short = term.removeprefix("a ").removeprefix("an ")
        for row, question in enumerate(examiner.questions.rows):
            if question["canonicalId"] != plain["canonicalId"] or question["strategy"] != "negation" or not question["heldOut"]:
                continue
            truths = np.array([truth(c, question) == "yes" for c in cases])
            says = examiner.margins(tokens, [row])[:, 0] * question["polarity"] > 0
            right.setdefault(question["text"].replace(term, "X").replace(short, "X"), []).append(says == truths)
    return {text: {"accuracy": float(np.concatenate(v).mean()), "n": int(sum(map(len, v)))} for text, v in right.items()}
