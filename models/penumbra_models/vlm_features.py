"""Image tokens of the frozen encoder, made once: training the small vision-language models reads these, not pictures.

uv run python -m penumbra_models.vlm_features --checkpoint BASE.pt --data data --sets train --adult DIR --out runs/features

A share of the phantoms and all of the adults are augmented once; each picture has one view. Writes into the out folder, for each set:
NAME.tokens.f16 [N, 256, 128], NAME.masks.u8 [N, 15, 256] (share of a token's cell that a finding covers, moved with the picture).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .adults import Adults
from .data import augment
from .names import GRID, MASKS
from .network import TOKENS, Attention, Captioner, Config, Vision

BATCH = 32


def encoder(checkpoint: Path) -> Vision:
    """The averaged weights' image encoder, frozen."""
    weights = torch.load(checkpoint, map_location="cpu", weights_only=True)["model"]
    model = Captioner(Config(vocabulary=weights["decoder.embed.weight"].shape[0]))
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()}, strict=False)
    vision = model.vision.eval().requires_grad_(False)
    return vision.to(memory_format=torch.channels_last)


@torch.no_grad()
def tokens_of(vision: Vision, images: Tensor) -> Tensor:
    """[B, 256, D], float16."""
    with torch.autocast("cpu", torch.bfloat16):
        return vision(images.to(memory_format=torch.channels_last))[0].half()


def write(vision: Vision, images: np.ndarray, masks: np.ndarray | None, out: Path, generator: torch.Generator, augmented: float) -> None:
    """`images` [N, 224, 224] bytes, `masks` [N, K, 16, 16] bytes of phantoms or None of real films."""
    width = vision.norm.weight.shape[0]
    tokens = np.memmap(f"{out}.tokens.f16", np.float16, "w+", shape=(len(images), TOKENS, width))
    covers = np.memmap(f"{out}.masks.u8", np.uint8, "w+", shape=(len(images), len(MASKS), TOKENS)) if masks is not None else None
    for start in range(0, len(images), BATCH):
        stop = min(start + BATCH, len(images))
        pictures = torch.from_numpy(np.array(images[start:stop]))[:, None].float() / 255
        cells = torch.zeros(len(pictures), 0, GRID, GRID) if masks is None else torch.from_numpy(np.array(masks[start:stop])).float() / 255
        changed, moved = augment(pictures, cells, generator, real=masks is None)
        if masks is not None:
            kept = torch.rand(len(pictures), generator=generator) >= augmented
            changed[kept], moved[kept] = pictures[kept], cells[kept]
        tokens[start:stop] = tokens_of(vision, changed).numpy()
        if covers is not None:
            covers[start:stop] = (moved.flatten(2) * 255).round().byte().numpy()
        if start % 1024 == 0:
            print(f"{out.name}: {stop} of {len(images)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=["train"])
    parser.add_argument("--adult", type=Path, help="folder of adult films with index.csv; none is read without it")
    parser.add_argument("--split", default="train")
    parser.add_argument("--augmented", type=float, default=0.5, help="share of the phantoms")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=51)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    args.out.mkdir(parents=True, exist_ok=True)
    vision, generator = encoder(args.checkpoint), torch.Generator().manual_seed(args.seed)
    for name in args.sets:
        count = len((args.data / name / "cases.jsonl").read_text().splitlines())
        images = np.memmap(args.data / name / "images.u8", np.uint8, "r", shape=(count, 224, 224))
        masks = np.memmap(args.data / name / "masks.u8", np.uint8, "r", shape=(count, len(MASKS), GRID, GRID))
        write(vision, images, masks, args.out / name, generator, args.augmented)
    if args.adult:
        write(vision, Adults(args.adult, args.split).images, None, args.out / "adults", generator, 1.0)


if __name__ == "__main__":
    main()
