"""The loop that finetune and language share, against the same steps written out: the rate, the cut of gradients and the averaged weights."""

import argparse
from pathlib import Path

import pytest
import torch

from penumbra_models import finetune, language
from penumbra_models.batches import Batches
from penumbra_models.restore import restore

BASE = Path(__file__).parents[2] / "public/models/base"
STEPS, WARM_UP = 3, 2


def arguments(small: Path, init: Path, out: Path) -> argparse.Namespace:
    out.mkdir()
    return argparse.Namespace(
        init=init, start=None, data=small / "data", sets=["train"], adult=small / "adult", kermany=small / "kermany", out=out, steps=STEPS, batch=12,
        rate=1e-3, processes=1, seed=3, against="noise", epsilon=2.0, attack_steps=1, warm_up=WARM_UP,
    )  # fmt: skip


@pytest.mark.parametrize("part", ["vision", "decoder"])
def test_a_tuning_takes_the_steps_that_are_written_out_here(small: Path, tmp_path: Path, part: str) -> None:
    init = tmp_path / "base.pt"
    torch.save({"model": restore(BASE).state_dict()}, init)
    args = arguments(small, init, tmp_path / "out")
    (finetune if part == "vision" else language).tune(0, args)
    got = torch.load(args.out / "checkpoint.pt", weights_only=True)
    assert got["step"] == STEPS

    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed)
    model = restore(BASE).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    teacher = restore(BASE).vision.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    tuned = getattr(model, part).requires_grad_(True)
    matrices, rest = ([p for p in tuned.parameters() if (p.ndim >= 2) == big] for big in (True, False))
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)
    average = {k: v.clone() for k, v in tuned.state_dict().items()}
    for step in range(STEPS):
        batch = batches.draw()
        loss = (
            finetune.step_losses(args, (model, teacher), batch, batches) if part == "vision" else language.losses(model, batch, batches.generator)
        )[0]
        # A rise over two steps, and a fall over the last one (half of three, rounded down) to a fiftieth.
        rate = min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * min(1.0, STEPS - step))
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(tuned.parameters()), 1.0)
        optimizer.step()
        keep = min(0.98, step / (step + 10))
        for name, value in tuned.state_dict().items():
            if value.is_floating_point():
                average[name] = torch.lerp(average[name], value, 1 - keep)
    for name, value in average.items():
        torch.testing.assert_close(got["model"][f"{part}.{name}"], value, rtol=0, atol=1e-6)
