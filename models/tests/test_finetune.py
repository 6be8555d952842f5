"""FARE: features alone. The attack stays in its ball and does harm; the tuned encoder stands it better and the rest stays as it was."""

import argparse
from pathlib import Path

import pytest
import torch

from penumbra_models.finetune import Classes, changed, feature_attack, feature_distance, text_attack, tune
from penumbra_models.network import Captioner, Config, Vision
from penumbra_models.restore import restore

BASE = Path(__file__).parents[2] / "public/models/base"
EPSILON = 8 / 255


@pytest.fixture(scope="module")
def vision() -> Vision:
    torch.manual_seed(1)
    return Vision(Config(width=32, heads=2, depth=1, embedding=16, details=32)).eval().requires_grad_(False)


def test_the_distance_is_summed_over_features_and_zero_for_the_same() -> None:
    tokens, embedding = torch.zeros(2, 256, 8), torch.zeros(2, 4)
    assert feature_distance((tokens, embedding), (tokens, embedding)).tolist() == [0, 0]
    assert feature_distance((tokens + 1, embedding + 1), (tokens, embedding)).tolist() == [12, 12]


def test_the_attack_stays_in_its_ball_and_does_more_harm_than_noise(vision: Vision) -> None:
    images = torch.rand(2, 1, 224, 224)
    reference = vision(images)
    attacked = feature_attack(vision, images, reference, (EPSILON, 4), torch.Generator().manual_seed(0))
    assert (attacked - images).abs().max() <= EPSILON + 1e-6
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    random = (images + EPSILON * (torch.rand(images.shape) * 2 - 1).sign()).clamp(0, 1)
    harm, chance = (feature_distance(vision(x), reference).mean() for x in (attacked, random))
    assert harm > 1.5 * chance


@pytest.mark.parametrize("against", ["fare", "tecoa", "nothing", "contrast"])
def test_tuning_moves_the_encoder_and_nothing_else(small: Path, tmp_path: Path, against: str) -> None:
    base = restore(BASE)
    init, out = tmp_path / "base.pt", tmp_path / "out"
    out.mkdir()
    torch.save({"model": base.state_dict()}, init)
    tune(0, argparse.Namespace(
        init=init, start=None, data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", out=out, steps=2, batch=12, rate=1e-3,
        processes=1, seed=3, against=against, epsilon=2.0, attack_steps=1, warm_up=20,
    ))  # fmt: skip
    after = torch.load(out / "checkpoint.pt", weights_only=True)["model"]
    before = base.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"vision"}
    tuned = Captioner(base.config)
    tuned.load_state_dict(after)


def test_the_pair_draws_alike_and_differs_in_the_disturbance_alone(vision: Vision) -> None:
    images = torch.rand(4, 1, 224, 224)
    seen, drawn = {}, {}
    for against in ("disturbances", "nothing"):
        generator = torch.Generator().manual_seed(5)
        seen[against] = changed(against, None, None, (images, (images, images), 0.0), generator)  # type: ignore[arg-type]
        drawn[against] = torch.rand(3, generator=generator)
    assert torch.equal(seen["nothing"], images)
    assert not torch.equal(seen["disturbances"], images)
    assert torch.equal(drawn["disturbances"], drawn["nothing"])


def test_a_picture_s_class_is_its_own_report_and_the_attack_takes_it_away(vision: Vision) -> None:
    model = Captioner(Config(width=32, heads=2, depth=1, embedding=16, details=32)).eval().requires_grad_(False)
    model.vision = vision
    own, others = torch.tensor([[1, 4, 7, 0], [1, 4, 8, 9]]), torch.tensor([[1, 4, 8, 9], [1, 5, 6, 0]])
    classes = Classes.of(model, own, others)
    # The same report twice: the target is shared between the two.
    assert classes.target.tolist() == [[1, 0, 0, 0], [0, 0.5, 0.5, 0]]
    embedding = classes.text[:2]
    right = [torch.softmax(classes.scale * embedding @ classes.text.T, 1)[k] for k in (0, 1)]
    assert torch.allclose(classes.loss(embedding), torch.stack([-right[0][0].log(), -0.5 * (right[1][1].log() + right[1][2].log())]))
    images = torch.rand(2, 1, 224, 224)
    attacked = text_attack(vision, images, classes, (EPSILON, 4), torch.Generator().manual_seed(0))
    assert (attacked - images).abs().max() <= EPSILON + 1e-6
    assert classes.loss(vision(attacked)[1]).sum() > classes.loss(vision(images)[1]).sum()
