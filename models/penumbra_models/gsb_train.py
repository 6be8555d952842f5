"""Trains the smoothness booster for a frozen encoder in two stages, the purifier before the mapper (arXiv 2601.16200); resumable, by steps.

uv run python -m penumbra_models.gsb_train purifier --package ../public/models/base --data data --adult DIR --kermany DIR --out runs/purifier
uv run python -m penumbra_models.gsb_train mapper --purifier runs/purifier/checkpoint.pt --package ../public/models/base --data data --adult DIR \
    --kermany DIR --out runs/mapper

The encoder is the package's, with its float16 weights, and no gradient step ever reaches it. The robustness term is 1 - cos, to be made small.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adults import Adults
from .data import Kermany
from .gsb_networks import Mapper, Purifier
from .losses import feature_loss
from .network import Vision
from .restore import restore
from .train import adamw, descend, meet, rate_at, run_processes, training_arguments

LARGEST_SIGMA = 0.5
CALM = 0.25
"""Share of pictures that come without noise (two thirds of them) or with less than is said, so that a clean picture stays what it is at any sigma."""
LEVELS = 255
PIXELS = 15.0
"""Weight of the pixel error: with a third of it the features are bought with pictures that are twice as far from the clean ones."""
EVERY = 50
"""Steps between two checkpoints."""
Parts = dict[str, Tensor]


class Pictures:
    """Phantoms, adults and children of the training split; half of each batch are phantoms, a third adults, the rest children."""

    def __init__(self, data: Path, sets: list[str], real: tuple[Path, Path], seed: int) -> None:
        phantoms = [np.memmap(data / name / "images.u8", np.uint8, "r").reshape(-1, 224, 224) for name in sets]
        self.sources = [(0.5, phantoms), (0.33, [Adults(real[0], "train").images]), (0.17, [Kermany(real[1], "train").images])]
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> Tensor:
        """[count, 1, 224, 224] in [0, 1], on the lattice of grey levels."""
        out = []
        for k in self.rng.choice(len(self.sources), count, p=[share for share, _ in self.sources]):
            parts = self.sources[k][1]
            i = int(self.rng.integers(sum(map(len, parts))))
            for part in parts:
                if i < len(part):
                    out.append(part[i])
                    break
                i -= len(part)
        images = torch.from_numpy(np.stack(out)[:, None]).float() / LEVELS
        return images.contiguous(memory_format=torch.channels_last)

    def noisy(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The pictures under the certificate's noise, and the sigma that is said of each, [B]."""
        count = len(images)
        sigma = LARGEST_SIGMA * (0.02 + 0.98 * torch.rand(count, generator=self.generator))
        share = torch.ones(count)
        calm = torch.rand(count, generator=self.generator) < CALM
        share[calm] = (3 * torch.rand(count, generator=self.generator)[calm] - 2).clamp(min=0)
        return add_noise(images, share * sigma, self.generator), sigma


def add_noise(images: Tensor, sigma: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise as the page certifies it: clipped to [0, 1] and on the lattice of grey levels (src/certificates/latticeNoise.ts)."""
    noise = torch.randn(images.shape, generator=generator).to(memory_format=torch.channels_last)
    noisy = images + sigma[:, None, None, None] * noise
    return (noisy.clamp(0, 1) * LEVELS).round() / LEVELS


def spread_loss(got: Tensor, wanted: Tensor) -> Tensor:
    """The squared distance of each feature's mean and standard deviation over all rows, averaged over features."""
    got, wanted = got.float().flatten(0, -2), wanted.float().flatten(0, -2)
    return (got.mean(0) - wanted.mean(0)).square().mean() + (got.std(0) - wanted.std(0)).square().mean()


def similarity(got: Tensor, wanted: Tensor) -> Tensor:
    return F.cosine_similarity(got.float(), wanted.float(), dim=-1).mean()


def purifier_losses(purifier: Purifier, vision: Vision, drawn: tuple[Tensor, Tensor, Tensor], *, features: bool) -> tuple[Tensor, Parts]:
    """l_mse (root mean square of each picture's error) and, with `features`, l_rb (1 - cos) and the tokens' distance. drawn: clean, noisy, sigma."""
    clean, noisy, sigma = drawn
    purified = purifier(noisy, sigma)
    pixels = ((purified - clean).square().mean(dim=(1, 2, 3)) + 1e-6).sqrt().mean()
    parts = {"pixels": pixels}
    if not features:
        return PIXELS * pixels, parts
    with torch.no_grad():
        wanted = vision(clean)
    tokens, embedding = vision(purified)
    parts |= {"cosine": similarity(embedding, wanted[1]), "features": feature_loss(tokens, embedding, *wanted)}
    return PIXELS * pixels + 2 * (1 - parts["cosine"]) + parts["features"], parts


def mapper_losses(networks: tuple[Purifier, Mapper], vision: Vision, drawn: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Parts]:
    """l_rb (1 - cos), the tokens' distance, l_stats; l_id is zero by the network's form (no change at sigma zero)."""
    purifier, mapper = networks
    clean, noisy, sigma = drawn
    with torch.no_grad():
        wanted = vision(clean)
        before = tuple(z.float() for z in vision(purifier(noisy, sigma)))
    tokens, embedding = mapper(before[0], before[1], sigma)
    stats = spread_loss(tokens, wanted[0]) + spread_loss(embedding, wanted[1]) * embedding.shape[-1]
    parts = {
        "cosine": similarity(embedding, wanted[1]), "unmapped": similarity(before[1], wanted[1]),
        "features": feature_loss(tokens, embedding, *wanted), "stats": stats,
    }  # fmt: skip
    return 2 * (1 - parts["cosine"]) + parts["features"] + 0.1 * stats, parts


def optimize(network: nn.Module, loss_at: Callable[[int], tuple[Tensor, Parts]], args: argparse.Namespace, rank: int) -> None:
    """Steps until `args.steps`, from the checkpoint of a run that was cut off; keeps averaged weights beside the live ones."""
    checkpoint = args.out / "checkpoint.pt"
    optimizer = adamw(network, args.rate)
    average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    step = 0
    if args.init and not checkpoint.exists():
        network.load_state_dict(torch.load(args.init, weights_only=True)["live"])
        average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["live"])
        optimizer.load_state_dict(state["optimizer"])
        average, step = state["model"], state["step"]
    parameters = [p for p in network.parameters() if p.requires_grad]
    history: list[dict[str, float]] = []
    began = time.time()
    while step < args.steps:
        with torch.autocast("cpu", torch.bfloat16):
            loss, parts = loss_at(step)
        descend(loss, (optimizer, parameters), args.rate * rate_at(step, args.steps, args.decay), args.processes)
        step += 1
        if rank > 0:
            continue
        with torch.no_grad():
            live = network.state_dict()
            keep = min(0.995, step / (step + 20))
            torch._foreach_lerp_(list(average.values()), [live[k] for k in average], 1 - keep)
        history.append({"loss": loss.item(), **{k: v.item() for k, v in parts.items()}})
        if step % 50 == 0:
            shown = {k: round(float(np.mean([h[k] for h in history if k in h])), 4) for k in history[-1]}
            print(json.dumps({"step": step, "seconds": round(time.time() - began), **shown}), flush=True)
            history.clear()
        if step % EVERY == 0 or step == args.steps:
            partial = checkpoint.with_suffix(".partial")
            torch.save({"model": average, "live": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, partial)
            partial.replace(checkpoint)


def load_purifier(checkpoint: Path) -> Purifier:
    purifier = Purifier()
    purifier.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return purifier.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def load_mapper(checkpoint: Path) -> Mapper:
    mapper = Mapper()
    mapper.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return mapper.eval().requires_grad_(False)


def boost(rank: int, args: argparse.Namespace) -> None:
    meet(rank, args.processes, args.out)
    torch.manual_seed(args.seed)
    at = args.out / "checkpoint.pt"
    begun = torch.load(at, weights_only=True)["step"] if at.exists() else 0
    pictures = Pictures(args.data, args.sets, (args.adult, args.kermany), args.seed + 1000 * rank + begun)
    vision = restore(args.package).vision.requires_grad_(False).to(memory_format=torch.channels_last)

    def drawn() -> tuple[Tensor, Tensor, Tensor]:
        clean = pictures.draw(args.batch)
        return clean, *pictures.noisy(clean)

    if args.stage == "purifier":
        purifier = Purifier().to(memory_format=torch.channels_last)
        optimize(purifier, lambda step: purifier_losses(purifier, vision, drawn(), features=step >= args.pixels), args, rank)
    else:
        mapper = Mapper()
        mapper.take_head(vision)
        before = load_purifier(args.purifier)
        optimize(mapper, lambda _: mapper_losses((before, mapper), vision, drawn()), args, rank)


def main() -> None:
    parser = training_arguments(__doc__, steps=5000, batch=16, rate=1e-3, seed=41)
    parser.set_defaults(processes=1)
    parser.add_argument("stage", choices=["purifier", "mapper"])
    parser.add_argument("--package", type=Path, required=True, help="whose encoder it is for")
    parser.add_argument("--purifier", type=Path, help="checkpoint of the first stage, for the mapper")
    parser.add_argument("--init", type=Path, help="checkpoint of an earlier phase of the same stage to go on from, with a new schedule")
    parser.add_argument("--pixels", type=int, default=1200, help="first steps of the purifier on pixels alone, which are cheap")
    parser.add_argument("--decay", type=int, default=1500, help="steps at the end over which the rate falls to nearly nothing")
    args = parser.parse_args()
    if args.stage == "mapper" and not args.purifier:
        parser.error("The mapper stands behind a purifier: --purifier names its checkpoint.")
    run_processes(boost, args)


if __name__ == "__main__":
    main()
