"""The smoothness booster: nothing at sigma zero, one consistent encoding, a frozen encoder, and graphs that compute what was trained."""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from penumbra_models.export import run
from penumbra_models.gsb_evaluate import Booster, ablation, identity, noisy
from penumbra_models.gsb_export import booster_graphs, golden, stands_behind
from penumbra_models.gsb_networks import Mapper, Purifier, unit
from penumbra_models.gsb_train import LEVELS, add_noise, boost, mapper_losses, purifier_losses, spread_loss
from penumbra_models.network import Attention, Config, Vision
from penumbra_models.quantize import SMALLEST, quantize

BASE = Path(__file__).parents[2] / "public/models/base"
SHIPPED = BASE.parent / "purifier"


@pytest.fixture(autouse=True)
def _written_out_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attention, "fused", False)


def stirred(network: torch.nn.Module) -> torch.nn.Module:
    """Every weight moved, so that no branch is zero."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def purifier() -> Purifier:
    network = stirred(Purifier((16, 16, 16), blocks=1, level=8))
    assert isinstance(network, Purifier)
    return network


@pytest.fixture(scope="module")
def mapper() -> Mapper:
    network = stirred(Mapper(level=8))
    assert isinstance(network, Mapper)
    return network


def encoding(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(count, 256, 128), unit(torch.randn(count, 128))


def rounded(network: torch.nn.Module) -> None:
    """The int8 form's weights: one scale for each output channel."""
    for parameter in network.parameters():
        if parameter.ndim >= 2 and parameter.numel() >= SMALLEST:
            scale = parameter.abs().amax(dim=tuple(range(1, parameter.ndim)), keepdim=True).clamp(min=1e-8) / 127
            parameter.copy_((parameter / scale).round() * scale)


def test_sigma_zero_changes_no_bit_and_other_sigmas_do(purifier: Purifier, mapper: Mapper) -> None:
    image, (tokens, embedding), zero = torch.rand(3, 1, 224, 224), encoding(), torch.zeros(1)
    assert torch.equal(purifier(image, zero), image)
    assert all(torch.equal(a, b) for a, b in zip(mapper(tokens, embedding, zero), (tokens, embedding), strict=True))
    some, more = (torch.tensor([s]) for s in (0.1, 0.4))
    assert not torch.allclose(purifier(image, some), purifier(image, more), atol=1e-3)
    assert not torch.allclose(mapper(tokens, embedding, some)[0], mapper(tokens, embedding, more)[0], atol=1e-3)


def test_a_sigma_for_each_picture_is_the_same_as_one_after_the_other(purifier: Purifier, mapper: Mapper) -> None:
    image, (tokens, embedding), sigma = torch.rand(2, 1, 224, 224), encoding(2), torch.tensor([0.1, 0.4])
    for i in range(2):
        one = slice(i, i + 1)
        assert torch.allclose(purifier(image, sigma)[one], purifier(image[one], sigma[one]), atol=1e-5)
        for both, alone in zip(mapper(tokens, embedding, sigma), mapper(tokens[one], embedding[one], sigma[one]), strict=True):
            assert torch.allclose(both[one], alone, atol=1e-5)


def test_the_mapped_embedding_is_that_of_the_mapped_tokens() -> None:
    """As the encoder would have made it of them, as long as the branch for the pooled feature is silent."""
    vision = Vision(Config(depth=1)).eval().requires_grad_(False)
    fresh = Mapper()
    fresh.take_head(vision)
    torch.nn.init.normal_(fresh.leave.weight, std=0.1)
    tokens, embedding = vision(torch.rand(2, 1, 224, 224))
    mapped, got = fresh(tokens, embedding, torch.tensor([0.3]))
    weights = torch.exp(vision.pool(mapped).clamp(-8, 8))
    wanted = unit(vision.project((mapped * weights).sum(1) / weights.sum(1)))
    assert not torch.allclose(got, embedding, atol=1e-3)
    assert torch.allclose(got, wanted, atol=1e-5)
    assert torch.allclose(got.norm(dim=-1), torch.ones(2), atol=1e-5)


def test_noise_is_clipped_and_on_the_lattice() -> None:
    images = torch.full((2, 1, 224, 224), 128 / LEVELS)
    out = add_noise(images, torch.tensor([0.0, 0.1]), torch.Generator().manual_seed(0))
    assert torch.equal(out[0], images[0])
    assert out[1].std().item() == pytest.approx(0.1, rel=0.02)
    strong = add_noise(images, torch.tensor([0.5, 2.0]), torch.Generator().manual_seed(0))
    assert strong.min() == 0
    assert strong.max() == 1
    assert torch.allclose(strong * LEVELS, (strong * LEVELS).round(), atol=1e-4)
    measured = noisy(np.full((1, 224, 224), 128, np.uint8), 0.1, np.random.default_rng(0))
    assert measured.std() == pytest.approx(0.1, rel=0.02)
    assert np.allclose(measured * LEVELS, np.rint(measured * LEVELS), atol=1e-4)


def test_losses_reach_what_is_trained_and_nothing_else() -> None:
    vision = Vision(Config(depth=1)).eval().requires_grad_(False)
    clean = torch.rand(2, 1, 224, 224)
    drawn = (clean, (clean + 0.2 * torch.randn_like(clean)).clamp(0, 1), torch.tensor([0.2, 0.2]))
    before, after = Purifier((16, 16, 16), blocks=1), Mapper()
    after.take_head(vision)
    loss, parts = purifier_losses(before, vision, drawn, features=True)
    loss.backward()
    assert set(parts) == {"pixels", "cosine", "features"}
    assert before.leave.weight.grad is not None
    before.requires_grad_(False)
    loss, parts = mapper_losses((before, after), vision, drawn)
    loss.backward()
    assert after.leave.weight.grad is not None
    assert all(p.grad is None for p in (*vision.parameters(), *after.pool.parameters(), *after.project.parameters()))


def test_a_better_cosine_is_a_smaller_loss() -> None:
    """The sign of the robustness term: 1 - cos, not cos."""
    vision = Vision(Config(depth=1)).eval().requires_grad_(False)
    clean = torch.rand(2, 1, 224, 224)
    sigma, fresh = torch.tensor([0.2, 0.2]), Purifier((16, 16, 16), blocks=1)
    near, far = (purifier_losses(fresh, vision, (clean, clean + d * torch.randn_like(clean), sigma), features=True) for d in (0.01, 0.5))
    assert near[1]["cosine"] > far[1]["cosine"]
    assert near[0] < far[0]


def test_spread_loss_sees_means_and_deviations() -> None:
    rows = torch.randn(400, 7)
    assert spread_loss(rows, rows).item() == 0
    assert spread_loss(rows + 1, rows).item() == pytest.approx(1, rel=1e-4)
    assert spread_loss((rows - rows.mean(0)) * 3, rows - rows.mean(0)).item() == pytest.approx(4 * rows.var(0).mean().item(), rel=1e-4)


def test_int8_graphs_compute_the_networks_with_rounded_weights(purifier: Purifier, mapper: Mapper) -> None:
    forms = {role: quantize(graph, "int8") for role, graph in booster_graphs(purifier, mapper).items()}
    before, after = Purifier((16, 16, 16), blocks=1, level=8), Mapper(level=8)
    before.load_state_dict(purifier.state_dict())
    after.load_state_dict(mapper.state_dict())
    image, (tokens, embedding), sigma = torch.rand(3, 1, 224, 224), encoding(), torch.tensor([0.25])
    with torch.no_grad():
        rounded(before)
        rounded(after)
        purified, mapped = before(image, sigma), after(tokens, embedding, sigma)
    (got,) = run(forms["purifier"], {"image": image.numpy(), "sigma": sigma.numpy()})
    assert np.abs(got - purified.numpy()).max() < 1e-4
    outputs = run(forms["mapper"], {"tokens": tokens.numpy(), "embedding": embedding.numpy(), "sigma": sigma.numpy()})
    for a, b in zip(outputs, mapped, strict=True):
        assert np.abs(a - b.numpy()).max() < 1e-4


def write_package(folder: Path, purifier: Purifier, mapper: Mapper) -> Booster:
    folder.mkdir()
    for role, graph in booster_graphs(purifier, mapper).items():
        onnx.save(quantize(graph, "int8"), folder / f"{role}.int8.onnx")
    return Booster(folder, BASE)


def test_an_untrained_booster_changes_no_score(tmp_path: Path) -> None:
    booster = write_package(tmp_path / "fresh", Purifier((16, 16, 16), blocks=1), Mapper())
    pictures = np.random.default_rng(0).integers(0, 256, (2, 224, 224), np.uint8)
    measured = ablation(booster, pictures, 0.25, draws=2)["systems"]
    assert 0 < measured["none"]["score"]["mean"] < 1
    assert all(measured[s]["score"] == measured["none"]["score"] for s in measured)
    assert all(measured[s]["clean"]["mean"] == pytest.approx(1, abs=1e-4) for s in measured)


def test_deployed_graphs_change_nothing_at_sigma_zero(tmp_path: Path, purifier: Purifier, mapper: Mapper) -> None:
    booster = write_package(tmp_path / "stirred", purifier, mapper)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 224, 224), np.uint8)
    assert identity(booster, pictures) == {"purifier": 0, "tokens": 0, "embedding": 0}
    assert ablation(booster, pictures, 0.25, draws=1)["systems"]["both"]["clean"]["mean"] < 0.999


def test_a_package_names_the_files_it_stands_behind(tmp_path: Path) -> None:
    behind = stands_behind(BASE)
    assert behind["package"] == "base"
    assert {(f["role"], f["precision"]) for f in behind["files"]} == {(r, p) for r in ("vision", "answer") for p in ("fp16", "int8", "int4")}
    copy = tmp_path / "base"
    copy.mkdir()
    for file in BASE.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "vision.int8.onnx").write_bytes(b"another")
    with pytest.raises(ValueError, match="not the file"):
        stands_behind(copy)


def test_the_shipped_package_is_what_its_manifest_says() -> None:
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    for file in manifest["files"]:
        data = (SHIPPED / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert sum(file["bytes"] for file in manifest["files"]) <= 3_000_000
    assert manifest["encoder"] == stands_behind(BASE)
    forms = {file["role"]: onnx.load(SHIPPED / file["path"]) for file in manifest["files"]}
    for role, form in forms.items():
        assert {i.name for i in form.graph.input} == set(manifest[role]["inputs"].values())
        assert {o.name for o in form.graph.output} == set(manifest[role]["outputs"].values())
    again, told = golden(forms, BASE), manifest["parity"]
    assert again["purifiedMean"] == pytest.approx(told["purifiedMean"], abs=1e-4)
    assert np.dot(again["embedding"], told["embedding"]) == pytest.approx(1, abs=1e-4)


def test_the_shipped_booster_does_what_it_is_for() -> None:
    """On a picture of smooth shapes, which nothing was trained on."""
    i, j = np.mgrid[0:224, 0:224]
    lungs = np.exp(-(((i - 110) / 70) ** 2)) * (np.exp(-(((j - 70) / 28) ** 2)) + np.exp(-(((j - 154) / 28) ** 2)))
    picture = np.rint(200 - 150 * lungs).astype(np.uint8)[None]
    booster = Booster(SHIPPED, BASE)
    assert identity(booster, picture) == {"purifier": 0, "tokens": 0, "embedding": 0}
    measured = ablation(booster, picture, 0.25, draws=2)
    assert measured["systems"]["both"]["score"]["mean"] > measured["systems"]["none"]["score"]["mean"] + 0.1
    assert measured["rootMeanSquareError"]["purified"]["mean"] < measured["rootMeanSquareError"]["noisy"]["mean"] / 2


def test_training_goes_on_and_leaves_the_encoder_alone(small: Path, tmp_path: Path) -> None:
    def arguments(stage: str, steps: int) -> argparse.Namespace:
        out = tmp_path / stage
        out.mkdir(exist_ok=True)
        return argparse.Namespace(
            stage=stage, package=BASE, purifier=tmp_path / "purifier/checkpoint.pt", data=small / "data", sets=["train"], adult=small / "adult",
            kermany=small / "kermany", out=out, steps=steps, decay=1, batch=2, rate=1e-3, processes=1, seed=3, init=None, pixels=1,
        )  # fmt: skip

    for stage in ("purifier", "mapper"):
        boost(0, arguments(stage, 2))
        first = torch.load(tmp_path / stage / "checkpoint.pt", weights_only=True)
        boost(0, arguments(stage, 3))
        second = torch.load(tmp_path / stage / "checkpoint.pt", weights_only=True)
        assert (first["step"], second["step"]) == (2, 3)
        assert not torch.equal(first["live"]["leave.weight"], second["live"]["leave.weight"])
    assert torch.equal(first["live"]["project.weight"], second["live"]["project.weight"])
