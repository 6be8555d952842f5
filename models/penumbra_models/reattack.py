"""Attacks every defense once more with an attack of another make: PyTorch over the shipped graphs.

uv run python -m penumbra_models.reattack --out DIR [--only NAME ...]

DIR is what `node models/dataset/reattack.ts attack --out DIR` wrote. Only answers that the lab's own attack left right are attacked,
so that whatever flips here counts against the lab. Signed gradients with momentum and a falling step, from the picture and from
random points beside it, by every way back that the shield knows, over draws where it draws; the best of all iterates, judged by fresh
draws, goes to NAME.torch.f32. `node models/dataset/reattack.ts judge --out DIR` then lets the lab's defense itself answer.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .reattack_shields import Model, Questions, Shield, shields

SIZE = 224
CLEARLY = 1.0
"""Logits past the flip at which a picture is done."""
EVERY = 5
AT_ONCE = 32
"""Pictures and draws in one batch: what the activations of a gradient leave room for."""


def on_lattice(x: Tensor, clean: Tensor, epsilon: float) -> Tensor:
    """The nearest 8-bit picture inside the ball: `clean` is one, and so is its distance's bound."""
    return torch.max(torch.min(torch.round(x.clamp(0, 1) * 255) / 255, clean + epsilon), clean - epsilon)


def batches(draws: int, pictures: int) -> list[int]:
    """Draws that go through the graphs at once."""
    each = max(1, AT_ONCE // pictures)
    return [min(each, draws - done) for done in range(0, draws, each)]


def drawn(shield: Shield, x: Tensor, asked: Questions, way: str, draws: torch.Generator, count: int) -> Tensor:
    """The sum of the margins over so many draws, for each picture."""
    of = Questions(asked.ids * count, asked.answers * count)
    return shield.margin(x.repeat(count, 1, 1, 1), of, way, draws).view(count, -1).sum(0)


def attacked(shield: Shield, clean: Tensor, asked: Questions, said: list[str], epsilon: float) -> tuple[Tensor, Tensor]:
    """The best pictures and their margins against what was said; positive is flipped."""
    sign = torch.tensor([-1.0 if answer == "yes" else 1.0 for answer in said])
    draws = torch.Generator().manual_seed(5)
    best, kept = torch.full((len(said),), -math.inf), clean.clone()
    is_random = shield.draws > 1
    for way in shield.ways:
        for start in range(2):
            active = [k for k in range(len(said)) if best[k] < CLEARLY]
            if not active:
                return kept, best
            of = Questions([asked.ids[k] for k in active], [asked.answers[k] for k in active])
            origin, towards = clean[active], sign[active]
            delta = torch.zeros_like(origin) if start == 0 else epsilon * (2 * torch.rand(origin.shape, generator=draws) - 1)
            velocity = torch.zeros_like(origin)
            for step in range(shield.steps):
                x = on_lattice(origin + delta, origin, epsilon).requires_grad_()
                gradient, loss = torch.zeros_like(origin), torch.zeros(len(active))
                for some in batches(shield.draws, len(active)):
                    each = towards * drawn(shield, x, of, way, draws, some) / shield.draws
                    gradient += torch.autograd.grad(each.sum(), x)[0]
                    loss += each.detach()
                with torch.no_grad():
                    shown = x.detach()
                    is_judged = not is_random or step % EVERY == EVERY - 1 or step == shield.steps - 1
                    if is_random and is_judged:
                        fresh = sum(drawn(shield, shown, of, way, draws, some) for some in batches(shield.judged, len(active)))
                        loss = towards * fresh / shield.judged
                    for row, k in enumerate(active if is_judged else []):
                        if loss[row] > best[k]:
                            best[k], kept[k] = loss[row], shown[row]
                    velocity = 0.75 * velocity + gradient / gradient.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-12)
                    length = epsilon * (0.25 * (1 + math.cos(math.pi * step / shield.steps)) + 0.02)
                    delta = (delta + length * velocity.sign()).clamp(-epsilon, epsilon)
                if bool((best[active] > CLEARLY).all()):
                    break
    return kept, best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cases = json.loads((args.out / "cases.json").read_text())
    pictures = torch.from_numpy(np.fromfile(args.out / "pictures.f32", np.float32)).view(-1, 1, SIZE, SIZE)
    known = shields(Model.shipped("base"))
    for name in args.only or known:
        lab = json.loads((args.out / f"{name}.lab.json").read_text())
        left = [k for k, each in enumerate(lab["cases"]) if each and each["isRight"]]
        out = pictures.clone()
        flipped = 0
        if left:
            asked = Questions([cases[k]["ids"] for k in left], [cases[k]["tokenIds"] for k in left])
            said = [cases[k]["truth"] if cases[k]["polarity"] > 0 else {"yes": "no", "no": "yes"}[cases[k]["truth"]] for k in left]
            made, margins = attacked(known[name](), pictures[left], asked, said, lab["epsilon"] / 255)
            out[left] = made
            flipped = int((margins > 0).sum())
            print(name, "margins", [round(float(m), 2) for m in margins], flush=True)
        out.numpy().tofile(args.out / f"{name}.torch.f32")
        print(f"{name}: {flipped} of the {len(left)} that the lab's attack left right are flipped here", flush=True)


if __name__ == "__main__":
    main()
