"""What the card says of real films: within a source, with unknown labels left out, beside baselines; and that the card can say it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from penumbra_models.adults import ASKED, LABELS, Adults
from penumbra_models.calibration import confidence
from penumbra_models.card_adults import adult_lines
from penumbra_models.data import Questions
from penumbra_models.evaluate_adults import Films, box_tokens, calibrate, findings
from penumbra_models.evaluate_phantoms import attention
from penumbra_models.evaluate_wordings import paraphrases
from penumbra_models.examiner import Examiner
from penumbra_models.network import Captioner, Config
from penumbra_models.statistics import auc

from .test_adults import row


class Made(Adults):
    """Films without pictures on disk: 120 of nih14 (half with effusion), 40 of nih_effusion, 40 normal ones."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.rows = [row(sex="F" if i % 3 else "M", age="50", view="PA") for i in range(200)]
        self.source = np.repeat(["nih14", "nih_effusion", "rsna_normal"], [120, 40, 40])
        self.images = rng.integers(0, 256, (200, 224, 224), np.uint8)
        self.probability = np.full((200, len(LABELS)), np.nan, np.float32)
        effusion, normal = LABELS.index("effusion"), LABELS.index("normal")
        self.probability[:160, effusion] = np.where(np.arange(160) % 2, 0.88, 0.04)
        self.probability[160:, [effusion, normal]] = [0.02, 0.98]
        self.probability[:120, normal] = 0.08


def scores(films: Adults, seed: int = 0) -> np.ndarray:
    """Noisy margins for effusion, those of the reader's normal films far below: that must not lift the AUC within NIH."""
    rng = np.random.default_rng(seed)
    out = rng.normal(size=(200, len(ASKED)))
    out[:, ASKED.index("effusion")] += 2 * (np.nan_to_num(films.probability[:, LABELS.index("effusion")]) > 0.5)
    out[films.source == "rsna_normal"] -= 5
    return out


def test_unknown_films_are_left_out_and_sources_kept_apart() -> None:
    films = Made(0)
    tested = Films(films, scores(films))
    index, score, truth = tested.of("effusion", ("nih14",))
    assert index.tolist() == list(range(120))
    assert truth.sum() == 60
    result = findings(tested, Made(1))["effusion"]
    assert result["auc"] == pytest.approx(auc(score, truth))
    assert result["n"] == 120
    assert set(result["bySource"]) == {"nih14", "nih_effusion"}
    # Another source full of easy absent films lifts the AUC over all of them, and the source's name alone tells something there.
    assert result["allSources"]["auc"] > result["auc"]
    assert result["allSources"]["sourceAlone"] > 0.55
    # Pictures of noise tell a baseline nothing.
    assert all(0.3 < value < 0.7 for value in result["baselines"].values())
    assert "tube" not in findings(tested, Made(1))


def test_too_few_of_an_answer_give_no_auc() -> None:
    films = Made(0)
    films.probability[:120, LABELS.index("effusion")] = 0.04
    films.probability[:4, LABELS.index("effusion")] = 0.88
    assert "effusion" not in findings(Films(films, scores(films)), Made(1))


def test_temperatures_are_fitted_on_val_only() -> None:
    val, test = Made(0), Made(1)
    one = calibrate(Films(val, scores(val)), Films(test, scores(test, 1)))
    other = calibrate(Films(val, scores(val)), Films(test, 9 * scores(test, 1)))
    assert one["temperature"] == other["temperature"]
    assert other["ece"] > one["ece"]
    assert other["yesAt99OnNormal"] <= 1


def test_boxes_fall_on_the_tokens_they_cover_after_the_crop() -> None:
    square = box_tokens("0.25 0.5 0.25 0.25", row())
    assert np.argwhere(square).min(0).tolist() == [8, 4]
    assert np.argwhere(square).max(0).tolist() == [11, 7]
    # 184 rows inside 20 rows of padding: the crop starts at row 20 and column 20, a token is 11.5 pixels wide.
    padded = box_tokens("0.0 0.0893 1.0 0.0514", row(fit_height="184", pad_y="20"))
    assert np.argwhere(padded)[:, 0].tolist() == [0] * 16


def test_the_card_says_what_is_at_chance() -> None:
    films = Made(0)
    tested = Films(films, scores(films))
    found = findings(tested, Made(1))
    found["normal"] = {**found["effusion"], "low": 0.45}
    result = {"split": "test", "n": 200, "findings": found, "meanAuc": 0.8, "calibration": calibrate(tested, tested), "pointing": {"n": 0}}
    text = "\n".join(adult_lines(result))
    assert "**At or near chance on adults: normal.**" in text
    assert f"| effusion | {found['effusion']['auc']:.3f} |" in text


@pytest.fixture
def examiner(small: Path) -> Examiner:
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(small / "data/tokenizer.json"))
    model = Captioner(Config(width=16, heads=2, depth=1, decoder_depth=1, embedding=8, details=8)).eval()
    return Examiner(model, tokenizer, Questions.load(small / "data/questions.jsonl", tokenizer))


@torch.no_grad()
def test_questions_in_one_line_are_answered_as_alone(examiner: Examiner) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 224, 224), np.uint8)
    tokens, _ = examiner.encode(images)
    together = examiner.logits(tokens, [0, 1, 2, 5])
    for k, number in enumerate([0, 1, 2, 5]):
        ids = torch.from_numpy(examiner.questions.ids[number][None, : examiner.questions.lengths[number]]).expand(3, -1)
        alone = examiner.model.decoder(ids, tokens)[:, -1]
        assert torch.allclose(together[:, k], alone, atol=1e-4)
    looks = attention(examiner, tokens, 0)
    assert looks.shape == (3, 256)
    assert torch.allclose(looks.sum(-1), torch.ones(3), atol=1e-4)


def test_margins_turn_with_the_polarity(examiner: Examiner) -> None:
    tokens, _ = examiner.encode(np.zeros((1, 224, 224), np.uint8))
    z = examiner.logits(tokens, [0, 1])[0]
    raw = (z[:, examiner.words["yes"]] - z[:, examiner.words["no"]]).numpy()
    assert examiner.margins(tokens, [0, 1])[0] == pytest.approx(raw * [1, -1])
    assert 0 < confidence(raw).min() < confidence(raw).max() < 1


def test_flips_are_counted_against_the_plain_wording(examiner: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    # Negated wordings agree, held-out ones never do.
    def margins(_: torch.Tensor, rows: list[int]) -> np.ndarray:
        return np.array([[-1.0 if examiner.questions.rows[r]["heldOut"] else 1.0 for r in rows]])

    monkeypatch.setattr(examiner, "margins", margins)
    flips = paraphrases(examiner, torch.zeros(1, 256, 16))
    assert flips["trained"] == 0
    assert flips["heldOut"] == 1
    assert flips["heldOutByStrategy"] == {"lexical": 1.0}
