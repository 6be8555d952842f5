"""Adapters: untrained they change nothing, trained they change what they sit on alone; the three objectives are what they say."""

import argparse
import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from penumbra_models import adapter_watch
from penumbra_models.adapter_losses import Weights, answer_logs, ssim, symmetric_kl
from penumbra_models.adapter_pareto import dominates, study
from penumbra_models.adapter_train import fit
from penumbra_models.adapters import LAYERS, RANK, adapted, parameters, read_adapters, read_safetensors, safetensors, write_adapters
from penumbra_models.network import TOKENS, Config, Decoder
from penumbra_models.restore import restore
from penumbra_models.vlm_features import write

BASE = Path(__file__).parents[2] / "public/models/base"


def decoder() -> Decoder:
    torch.manual_seed(1)
    return Decoder(Config(vocabulary=64)).eval()


def asked() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(1, 64, (2, 7), generator=generator), torch.randn(2, TOKENS, 128, generator=generator)


@pytest.mark.parametrize("layers", list(LAYERS))
def test_an_untrained_adapter_changes_nothing_and_has_the_stated_parameters(layers: str) -> None:
    plain = decoder()
    tuned = copy.deepcopy(plain)
    adapters = adapted(tuned, LAYERS[layers])
    assert torch.equal(plain(*asked()), tuned.eval()(*asked()))
    # r (d_in + d_out) for the query and for the value of each attention.
    assert sum(p.numel() for p in parameters(adapters)) == len(LAYERS[layers]) * 2 * RANK * (128 + 128)


def test_an_adapter_equals_the_product_merged_into_the_weights() -> None:
    plain = decoder()
    tuned = copy.deepcopy(plain)
    adapters = adapted(tuned, LAYERS["all"])
    tuned.eval()
    merged = copy.deepcopy(plain)
    with torch.no_grad():
        for name, each in adapters.items():
            each.up.normal_(std=0.1)
            place, role = name.rsplit(".", 1)
            attention = merged.get_submodule(place)
            layer = attention.query if role == "query" else attention.key_value
            assert isinstance(layer, torch.nn.Linear)
            layer.weight[-128:] += 2 * each.up @ each.down
        moved = tuned(*asked())
        assert (moved - plain(*asked())).abs().max() > 0.01
        assert (moved - merged(*asked())).abs().max() < 1e-4


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    first, second = (adapted(decoder(), LAYERS["targeted"]) for _ in range(2))
    with torch.no_grad():
        for each in first.values():
            each.up.normal_()
    write_adapters(first, tmp_path / "a.safetensors")
    read_adapters(second, tmp_path / "a.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(parameters(first), parameters(second), strict=True))
    tensors = {"b": np.arange(3, dtype=np.float32), "a": np.ones((2, 2), np.float32)}
    data = safetensors(tensors, {"r": "16"})
    assert all(np.array_equal(read_safetensors(data)[k], v) for k, v in tensors.items())
    assert int.from_bytes(data[:8], "little") % 8 == 0


def test_the_divergence_of_the_sources_example() -> None:
    a, b = torch.tensor([0.9, 0.1]).log(), torch.tensor([0.6, 0.4]).log()
    assert symmetric_kl(a, b).item() == pytest.approx(0.2688, abs=5e-5)
    assert symmetric_kl(a, a).item() == 0


def test_likeness_of_maps_has_a_gradient_and_tells_maps_apart() -> None:
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.rand(1, TOKENS, generator=generator, dtype=torch.float64).softmax(-1).requires_grad_() for _ in range(2))
    assert ssim(a, a.detach()).item() == pytest.approx(1)
    (gradient,) = torch.autograd.grad(ssim(a, b).sum(), a)
    # Away from the peak, which scales both maps and is held fixed.
    at = int(a.argmin())
    step = torch.zeros_like(a)
    step[0, at] = 1e-6
    measured = (ssim((a + step).detach(), b.detach()) - ssim((a - step).detach(), b.detach())).item() / 2e-6
    assert gradient[0, at].item() == pytest.approx(measured, rel=1e-3)
    assert measured != 0
    apart = torch.zeros(2, TOKENS)
    apart[0, :16], apart[1, -16:] = 1 / 16, 1 / 16
    assert ssim(apart[:1], apart[1:]).item() < 0.9


def test_a_question_turned_round_is_compared_by_what_it_means() -> None:
    logits = torch.tensor([[[2.0, -1.0, 0.5], [-1.0, 2.0, 0.5]]])
    logs = answer_logs(logits, torch.tensor([[False, True]]), torch.arange(3), (0, 1))
    assert torch.allclose(logs[0, 0], logs[0, 1])


def point(accuracy: float, flips: float, alike: float) -> dict:
    return {"accuracy": accuracy, "flips": flips, "ssim": alike}


def test_the_front_and_the_choice() -> None:
    assert dominates(point(0.9, 0.1, 0.9), point(0.9, 0.2, 0.9))
    assert not dominates(point(0.9, 0.1, 0.8), point(0.9, 0.2, 0.9))

    def record(weights: Weights, yes: float, accuracy: float, flips: float) -> dict:
        def watched(y: float, a: float, f: float) -> dict:
            return {"plain": {"accuracy": a, "saysYes": y}, "choosing": {"flips": f, "ssim": 0.9}}

        return {"layers": "targeted", "steps": 1, "weights": vars(weights), "before": watched(0.5, 0.95, 0.3), "after": watched(yes, accuracy, flips)}

    collapsed, steady, dear = (record(Weights(0, 1, 0), 0.0, 0.5, 0.0), record(Weights(1, 1, 0), 0.5, 0.95, 0.2), record(Weights(1, 3, 0), 0.5, 0.9, 0.1))
    result = study([collapsed, steady, dear])
    assert result["chosen"] == vars(Weights(1, 1, 0))
    assert [p["collapsed"] for p in result["settings"]] == [True, False, False]


def test_training_moves_the_adapter_and_nothing_else(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, data = restore(BASE), small / "data"
    (data / "adapter-questions.jsonl").write_text((data / "questions.jsonl").read_text())
    features = tmp_path / "features"
    features.mkdir()
    images = np.memmap(data / "train/images.u8", np.uint8, "r", shape=(24, 224, 224))
    masks = np.memmap(data / "train/masks.u8", np.uint8, "r").reshape(24, -1, 16, 16)
    write(base.vision, images, masks, features / "train", torch.Generator().manual_seed(1), 0.0)
    init = tmp_path / "base.pt"
    torch.save({"model": {k: v.half() if v.is_floating_point() else v for k, v in base.state_dict().items()}}, init)
    monkeypatch.setattr(adapter_watch, "PICTURES", 6)
    args = argparse.Namespace(
        base=init, data=data, features=features, sets=["train"], validation="train", adult=None, batch=[3, 0], rate=1e-2, seed=3, out=tmp_path
    )
    record = fit(args, "targeted", Weights(), 3)
    assert record["parameters"] == 2 * 2 * RANK * 256
    assert set(record["after"]) >= {"plain", "trained", "heldOut"}
    assert 0 <= record["after"]["heldOut"]["flips"] <= 1
    tensors = read_safetensors((tmp_path / "adapter.safetensors").read_bytes())
    assert sorted({name.rsplit(".", 3)[0] for name in tensors}) == ["decoder.blocks.0.cross", "decoder.blocks.1.cross"]
    assert max(np.abs(t).max() for name, t in tensors.items() if "lora_B" in name) > 0
