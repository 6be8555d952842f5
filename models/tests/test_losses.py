"""Losses of soft and unknown labels."""

import torch
import torch.nn.functional as F

from penumbra_models.batches import Asked
from penumbra_models.losses import answer_loss, label_loss
from penumbra_models.network import Captioner, Config

CONFIG = Config(width=16, heads=2, depth=1, decoder_depth=1, embedding=8, vocabulary=20, details=8, longest=12)


def asked(sure: float) -> Asked:
    ids = torch.tensor([[1, 7, 3]])
    one = torch.tensor([[0]])
    return Asked(ids=ids, place=torch.tensor([[0, 1, 2]]), question=torch.zeros(1, 3, dtype=torch.long), last=torch.tensor([[2]]),
                 targets=torch.tensor([[5]]), present=one - 1, half=one, other=torch.tensor([[6]]), sure=torch.tensor([[sure]]))  # fmt: skip


def test_an_unsure_answer_is_shared_with_its_opposite() -> None:
    torch.manual_seed(0)
    model, tokens = Captioner(CONFIG).eval(), torch.randn(1, 256, 16)
    hidden = model.decoder.hidden(asked(1).ids, tokens)[:, -1]
    logs = (hidden @ model.decoder.embed.weight.T).log_softmax(-1)[0]
    for sure in (1.0, 0.8):
        loss, _, _ = answer_loss(model, tokens, asked(sure))
        assert torch.allclose(loss, -(sure * logs[5] + (1 - sure) * logs[6]), atol=1e-5)


def test_unknown_labels_teach_nothing() -> None:
    torch.manual_seed(0)
    model, tokens = Captioner(CONFIG), torch.randn(2, 256, 16)
    labels = torch.full((2, CONFIG.labels), float("nan"))
    labels[0, 3], labels[1, 3] = 0.9, 0.1
    loss = label_loss(model, tokens, labels)
    loss.backward()
    gradient = model.auxiliary.seen.weight.grad
    assert gradient is not None
    rows = gradient.abs().sum(1).nonzero().flatten().tolist()
    assert rows == [3, 3 + CONFIG.labels]
    logits = model.auxiliary.labels(tokens)[:, 3]
    each = F.binary_cross_entropy_with_logits(logits, torch.tensor([0.9, 0.1]), reduction="none")
    assert torch.allclose(loss, (each * torch.tensor([2.8, 1.2])).mean(), atol=1e-5)


def test_nothing_known_is_no_loss() -> None:
    model = Captioner(CONFIG)
    assert label_loss(model, torch.randn(2, 256, 16), torch.full((2, CONFIG.labels), float("nan"))) == 0
