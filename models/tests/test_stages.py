"""Three stages of the small LLaVA: what each moves, that the text stage sees no picture, and that contrast leaves the decoder out."""

from dataclasses import replace

import numpy as np
import torch

from penumbra_models.siglip_network import PairConfig
from penumbra_models.stage_measure import ASKED_OF_ADULTS, page
from penumbra_models.stages import STAGES, Aligned, choose, contrast_loss
from penumbra_models.vlm_network import LanguageConfig, SmallLlava
from penumbra_models.vlm_train import forward, losses

from .test_vlm import batch


def small() -> SmallLlava:
    torch.manual_seed(0)
    return SmallLlava(LanguageConfig(vocabulary=40, features=8, width=16, middle=16, layers=2))


def test_each_stage_moves_its_own_part_and_starts_where_the_last_ended() -> None:
    model, by_name = small(), {stage.name: stage for stage in STAGES}
    counts = {stage.name: choose(model, stage.learns) for stage in STAGES}
    assert counts["contrast"] == counts["connector"] == sum(p.numel() for p in model.connector.parameters())
    assert counts["text"] + counts["connector"] == counts["instruction"] == counts["direct"] == sum(p.numel() for p in model.parameters())
    assert [by_name[n].before for n in ("contrast", "connector", "instruction")] == ["text", "contrast", "connector"]
    # The control has as many steps in front of the decoder.
    assert by_name["direct"].steps == by_name["connector"].steps + by_name["instruction"].steps
    assert by_name["direct"].before == "text"


def test_a_text_without_a_picture_has_the_loss_of_its_words_alone() -> None:
    model, packed = small(), batch()
    alone = replace(packed, tokens=packed.tokens[:, :0])
    hidden, _ = forward(model, alone)
    assert hidden.shape[1] == packed.ids.shape[1]
    other = replace(batch(), tokens=torch.randn(1, 256, 8)[:, :0])
    torch.testing.assert_close(losses(model, alone)[0], losses(model, other)[0])
    losses(model, alone)[0].backward()
    assert all(p.grad is None or not p.grad.any() for p in model.connector.parameters())
    assert not torch.allclose(losses(model, packed)[0], losses(model, alone)[0])


def test_contrast_moves_the_connector_and_not_the_decoder() -> None:
    model = small()
    choose(model, ("connector",))
    head = Aligned(PairConfig(vocabulary=40, width=16, layers=1, length=6))
    tokens, ids = torch.randn(3, 256, 8), torch.randint(1, 40, (4, 6))
    wanted = torch.tensor(np.eye(3, 4), dtype=torch.float32)
    contrast_loss(model, head, (tokens, ids, wanted)).backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in model.connector.parameters())
    assert model.lm_head.weight.grad is None


def test_the_page_has_a_line_for_every_stage() -> None:
    area = {"auc": 0.5, "low": 0.4, "high": 0.6, "positives": 5, "n": 50}
    areas = {**dict.fromkeys(ASKED_OF_ADULTS, area), "mean": 0.5}
    answered = {"auc": 0.9, "presence": 0.8, "presenceInterval": (0.7, 0.9), **dict.fromkeys(("normal", "heart", "side", "view", "portable", "device", "size", "comparison"), 0.5)}
    aligned = {"auc": 0.9, "gap": 0.2, "first": 0.1, "firstInterval": (0.0, 0.2), "sets": 30}
    stages = [
        {
            "stage": s.name, "before": s.before, "parameters": 12, "steps": s.steps, "seed": 1, "seconds": 3.0, "answered": answered,
            "aligned": aligned, "perplexity": {"own": 2.0, "other": 3.0}, "adults": {"answered": areas, "aligned": areas},
        }
        for s in STAGES
    ]  # fmt: skip
    text = page({"phantoms": 10, "films": 50, "split": "test", "torch": "2", "python": "3"}, stages)
    lines = text.splitlines()
    assert all(sum(line.startswith(f"| {s.name} |") for line in lines) == 3 for s in STAGES)
    assert all(any(line.startswith(f"| {s.name}, {way} |") for line in lines) for s in STAGES for way in ("captions", "answers"))
    assert "{" not in text
