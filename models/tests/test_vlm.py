"""The small vision-language models' parts: what is said, how it is packed, and that the decoder sees no more than it may."""

import numpy as np
import pytest
import torch

from penumbra_models.siglip_captions import Caption, caption
from penumbra_models.siglip_network import PairConfig, SmallSiglip, sigmoid_loss, unit
from penumbra_models.vlm_batches import LlavaBatch, Writer
from penumbra_models.vlm_card import card
from penumbra_models.vlm_dialogues import answer_on_phantom, sentence_on_film
from penumbra_models.vlm_network import LanguageConfig, RmsNorm, SmallLlava, rotate, rotations
from penumbra_models.vlm_train import area, forward

LEFT = {"kind": "effusion", "side": "left", "size": "small", "sentence": "There is a small left pleural effusion."}
CASE = {
    "findings": [LEFT], "patient": {"view": "PA", "portable": False}, "report": [LEFT["sentence"], "No pneumothorax."],
    "measurements": {"effusionMl": {"left": 100, "right": 0}},
}  # fmt: skip


def row(kind: str, finding: str | None = "effusion", **more: object) -> dict:
    return {"type": kind, "findingId": finding, "polarity": 1, "scope": None, "canonicalId": f"{kind}.{finding}", **more}


class Words:
    """A tokenizer of whole words, ids by first use."""

    def __init__(self) -> None:
        self.known = {"<pad>": 0, "<bos>": 1, "<eos>": 2}

    def token_to_id(self, word: str) -> int:
        return self.known[word]

    def encode(self, text: str) -> "Encoded":
        return Encoded([self.known.setdefault(word, len(self.known)) for word in text.replace(",", " ,").split()])


class Encoded:
    def __init__(self, ids: list[int]) -> None:
        self.ids = ids


def test_answers_begin_with_the_word_that_decides() -> None:
    assert answer_on_phantom(CASE, row("presence")) == "yes, there is a small left pleural effusion."
    assert answer_on_phantom(CASE, row("presence", polarity=-1)) == "no, there is a small left pleural effusion."
    assert answer_on_phantom(CASE, row("presence", "nodule")) == "no, there is no nodule."
    # Asked for the other side, it says what there is instead.
    assert answer_on_phantom(CASE, row("presence", scope={"side": "right"})) == "no, there is a small left pleural effusion."
    assert answer_on_phantom(CASE, row("side")) == "left, there is a small left pleural effusion."
    assert answer_on_phantom(CASE, row("side", "nodule")) is None
    assert answer_on_phantom(CASE, row("normal", None)) == "no, there is a small left pleural effusion."
    assert sentence_on_film("ap", False) == "the view is pa."


def batch(tokens: int = 256, width: int = 8) -> LlavaBatch:
    from penumbra_models.sampler import Drawn

    writer = Writer(Words())  # type: ignore[arg-type]
    first = writer.line("is there fluid ?", "yes", "there is fluid .", Drawn(0, "yes", 1, 0))
    second = writer.line("any air ?", "no", "there is none .", Drawn(0, "no", -1, 0))
    shape = np.random.default_rng(3).standard_normal((1, tokens, width)).astype(np.float16)
    return writer.pack(shape, np.zeros((1, 15, tokens), np.uint8), [[first, second]])


def test_each_question_is_packed_with_its_own_answer_behind_it() -> None:
    packed = batch()
    places = packed.answers[:, 1].long().tolist()
    # The answer's word is read at the question's last token, and each question begins right behind the picture.
    assert packed.target[0, places].tolist() == packed.answers[:, 2].long().tolist()
    starts = [int((packed.segment[0] == k).nonzero()[0]) for k in (0, 1)]
    assert packed.place[0, starts].tolist() == [len(packed.prefix) + 256] * 2
    assert packed.weight[0, places].tolist() == [0, 0]


def test_a_question_sees_the_picture_and_itself_alone() -> None:
    torch.manual_seed(0)
    model = SmallLlava(LanguageConfig(vocabulary=40, features=8, width=16, middle=16, layers=2)).eval()
    packed = batch()
    with torch.no_grad():
        before, _ = forward(model, packed)
        inside = packed.segment[0] == 0
        packed.ids[0, inside] = 5
        after, _ = forward(model, packed)
    other = packed.segment[0] == 1
    assert torch.equal(before[0, other], after[0, other])
    assert not torch.allclose(before[0, inside], after[0, inside])


def test_places_turn_pairs_and_only_their_difference_counts() -> None:
    c = LanguageConfig(vocabulary=10)
    q, k = torch.randn(1, 1, 1, c.head), torch.randn(1, 1, 1, c.head)

    def score(at: int, to: int) -> float:
        turned = [rotate(x, rotations(torch.tensor([[p]]), c)) for x, p in ((q, at), (k, to))]
        return (turned[0] * turned[1]).sum().item()

    assert score(5, 2) == pytest.approx(score(105, 102), abs=1e-3)
    assert score(5, 2) != pytest.approx(score(5, 3), abs=1e-3)


def test_rms_norm_leaves_no_length() -> None:
    x = torch.randn(2, 3, 8)
    assert torch.allclose(RmsNorm(8, 1e-6)(3 * x), RmsNorm(8, 1e-6)(x), atol=1e-4)


def test_captions_know_what_is_true_of_them() -> None:
    with_it, without = (Caption("", "effusion", None, present) for present in (True, False))
    assert (with_it.on_phantom(CASE), without.on_phantom(CASE)) == (1, 0)
    assert Caption("", "effusion", "right", True).on_phantom(CASE) == 0
    assert Caption("", "normal", None, True).on_phantom(CASE) == 0
    known = np.full(16, np.nan)
    known[1] = 0.88
    assert with_it.on_film(known) == pytest.approx(0.88)
    assert without.on_film(known) == pytest.approx(0.12)
    # A label says nothing of sides.
    assert np.isnan(Caption("", "effusion", "left", True).on_film(known))
    assert all(caption(np.random.default_rng(seed)).text for seed in range(50))


def test_unknown_pairs_teach_nothing() -> None:
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    loss = sigmoid_loss(logits, torch.tensor([[1.0, float("nan")], [0.0, float("nan")]]))
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[:, 1].tolist() == [0, 0]
    by_hand = -(torch.sigmoid(torch.tensor(1.0)).log() + torch.sigmoid(torch.tensor(-0.5)).log()) / 2
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-6)


def test_towers_meet_in_one_space() -> None:
    torch.manual_seed(0)
    model = SmallSiglip(PairConfig(vocabulary=20, length=6))
    logits = model(torch.randn(2, 256, 128), torch.randint(0, 20, (3, 6)))
    assert logits.shape == (2, 3)
    assert unit(torch.tensor([[3.0, 4.0]])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]


def test_areas_and_cards() -> None:
    assert area(np.array([[1.0, 1], [0.0, 0], [0.5, 1], [0.5, 0]])) == pytest.approx(0.875)
    one = {"n": 10, "right": 0.9, "low": 0.6, "high": 0.98}
    measured = {
        "phantoms": 10, "firstSeed": 1, "precision": "int8", "meanShareOfNextToken": 0.99, "auc": {"effusion": {"auc": 0.9, "positive": 4}},
        "accuracy": {"presence effusion": one, "side": one},
    }  # fmt: skip
    text = card("llava-mini", measured)
    # Hanley and McNeil by hand: sqrt((.09 + 3 (.9 / 1.1 - .81) + 5 (1.62 / 1.9 - .81)) / 24) = .117.
    assert "| effusion | 0.900 (0.671 to 1.000) | 4 | 0.900 | 0.600 to 0.980 |" in text
    assert "| side | 0.900 | 0.600 to 0.980 | 10 |" in text
