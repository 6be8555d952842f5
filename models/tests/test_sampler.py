"""What training asks: only what is known, in wordings that are not held out, as sure as the label."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from penumbra_models.adults import LABELS
from penumbra_models.batches import QUESTIONS_PER_RADIOGRAPH, Batches
from penumbra_models.data import Questions
from penumbra_models.sampler import Sampler


@pytest.fixture
def sampler(small: Path) -> Sampler:
    questions = Questions.load(small / "data/questions.jsonl", Tokenizer.from_file(str(small / "data/tokenizer.json")))
    return Sampler(questions, np.random.default_rng(0))


def test_only_known_labels_are_asked_and_the_first_is_the_one_drawn_for(sampler: Sampler) -> None:
    for _ in range(200):
        drawn = sampler.draw_known({"effusion": 0.9, "normal": 0.02}, 5, "effusion")
        rows = [sampler.questions.rows[q.row] for q in drawn]
        assert rows[0]["findingId"] == "effusion"
        assert {r["canonicalId"] for r in rows} <= {"presence.effusion", "normal"}


def test_held_out_wordings_are_never_asked(sampler: Sampler) -> None:
    drawn = [q for _ in range(300) for q in sampler.draw_known({"effusion": 0.9, "edema": 0.04, "pneumonia": 0.5001}, 6)]
    assert not any(sampler.questions.rows[q.row]["heldOut"] for q in drawn)


def test_a_negated_wording_gets_the_opposite_answer_with_the_same_certainty(sampler: Sampler) -> None:
    answers = {
        (sampler.questions.rows[q.row]["polarity"], q.answer, q.sure)
        for _ in range(100)
        for q in sampler.draw_known({"effusion": 0.88}, 2)
    }
    assert answers == {(1, "yes", 0.88), (-1, "no", 0.88)}
    absent = {(sampler.questions.rows[q.row]["polarity"], q.answer, q.sure) for _ in range(100) for q in sampler.draw_known({"edema": 0.04}, 2)}
    assert absent == {(1, "no", 0.96), (-1, "yes", 0.96)}


def test_the_view_is_asked_by_its_name(sampler: Sampler) -> None:
    assert {q.answer for _ in range(20) for q in sampler.draw_known({"ap": 0.98}, 3)} == {"ap"}
    assert {q.answer for _ in range(20) for q in sampler.draw_known({"ap": 0.02}, 3)} == {"pa"}


def test_the_heart_question_follows_from_cardiomegaly(sampler: Sampler) -> None:
    asked = {sampler.questions.rows[q.row]["canonicalId"] for _ in range(60) for q in sampler.draw_known({"cardiomegaly": 0.9}, 3)}
    assert asked == {"presence.cardiomegaly", "heart"}


def test_a_batch_says_what_is_unknown(small: Path) -> None:
    batch = Batches(small / "data", ["train"], (small / "adult", small / "kermany"), 12, 0).draw()
    assert batch.images.shape == (12, 1, 224, 224)
    assert batch.labels.shape == (8, len(LABELS))
    children = batch.labels[6:]
    known = ~children.isnan()
    assert known.sum(1).tolist() == [2, 2]
    assert known[:, [LABELS.index("pneumonia"), LABELS.index("normal")]].all()
    assert torch.allclose(children[:, LABELS.index("pneumonia")] + children[:, LABELS.index("normal")], torch.ones(2))
    assert batch.asked_real.sure.shape == (8, QUESTIONS_PER_RADIOGRAPH)
    assert ((batch.asked_real.sure >= 0.5) & (batch.asked_real.sure <= 1)).all()
    # Yes against no, never against another word.
    assert (batch.asked_real.targets != batch.asked_real.other).all()


def test_words_of_trained_questions_are_no_filler(small: Path) -> None:
    batches = Batches(small / "data", ["train"], (small / "adult", small / "kermany"), 12, 0)
    trained = {t for row, ids in zip(batches.questions.rows, batches.questions.ids, strict=True) if not row["heldOut"] for t in ids.tolist()}
    assert not trained & set(batches.filler.tolist())
