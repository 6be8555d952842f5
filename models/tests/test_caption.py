"""The captioner's parts: what it is taught to write, that its decoder is GPT-2's and the base model's, and what learns in each kind of training."""

import numpy as np
import torch

from penumbra_models.caption_batches import short_sentence
from penumbra_models.caption_network import from_base
from penumbra_models.caption_train import choose, fgsm
from penumbra_models.network import Attention, Captioner, Config

CASE = {"findings": [{"kind": "effusion", "side": "left", "size": "small"}]}


def test_short_sentences_are_true() -> None:
    rng = np.random.default_rng(0)
    said = {short_sentence(CASE, rng) for _ in range(400)}
    assert "there is pleural effusion." in said
    assert "there is no right pleural effusion." in said
    assert "there is no left pleural effusion." not in said
    assert not any("no" not in s.split() and "effusion" not in s for s in said)


def captioner() -> Captioner:
    torch.manual_seed(0)
    return Captioner(Config(vocabulary=40)).eval()


def test_the_decoder_computes_what_the_base_models_does() -> None:
    Attention.fused = False
    base = captioner()
    decoder = from_base(base.state_dict())
    ids, tokens = torch.randint(0, 40, (2, 7)), torch.randn(2, 256, 128)
    torch.testing.assert_close(decoder(ids, tokens), base.decoder(ids, tokens), rtol=1e-4, atol=1e-4)


def test_each_kind_of_training_moves_its_own_part() -> None:
    base = captioner()
    decoder = from_base(base.state_dict())
    counts = {kind: choose(base.vision, decoder, kind) for kind in ("decoder", "encoder", "full", "none", "cross", "late")}
    assert counts["decoder"] + counts["encoder"] == counts["full"] == counts["none"]
    assert 0 < counts["cross"] < counts["decoder"] < counts["late"] < counts["full"]


def test_fgsm_stays_in_its_ball_and_raises_the_loss() -> None:
    base = captioner()
    decoder = from_base(base.state_dict())
    images, ids = torch.rand(2, 1, 224, 224), torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])
    attacked = fgsm(base.vision, decoder, images, ids, 0.1)
    assert float((attacked - images).abs().max()) <= 0.1 + 1e-6
    assert float(attacked.min()) >= 0
    assert float(attacked.max()) <= 1
