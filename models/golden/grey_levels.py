"""Prints what src/perturbations is held against: other people's films as quantiles, and pictures of OpenCV and of VSF-Med's formulas.

    uv run --with opencv-python-headless python golden/grey_levels.py --adult ADULT --kermany KERMANY

The quantiles go into src/perturbations/populations.ts; without the two folders the goldens alone are printed.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

QUANTILES = 33
FILMS = 400


def golden_picture() -> np.ndarray:
    y, x = np.mgrid[0:28, 0:36]
    return ((40 + 4 * x + 3 * y + 25 * ((x // 3 + y // 2) % 2)) % 256).astype(np.uint8)


def moire(picture: np.ndarray, freq: float = 0.1, alpha: float = 0.3) -> np.ndarray:
    """UNHSAILLab/VSF-Med, src/perturbations/methods.py: moire_overlay (its outer product is of a square picture)."""
    h, w = picture.shape
    across = np.sin(np.linspace(0, 2 * np.pi * freq * w, w))
    down = np.sin(np.linspace(0, 2 * np.pi * freq * h, h))
    wave = Image.fromarray(((np.outer(down, across) + 1) / 2 * 255).astype(np.uint8))
    return np.asarray(Image.blend(Image.fromarray(picture).convert("RGB"), wave.convert("RGB"), alpha).convert("L"))


def quantiles(films: list[tuple[Path, tuple[int, int, int, int] | None]]) -> list[float]:
    """Of all pixels, each film counting the same; straight lines within a grey level."""
    share = np.zeros(256)
    for file, box in films:
        levels = np.asarray(Image.open(file).convert("L").crop(box) if box else Image.open(file).convert("L"))
        counts = np.bincount(levels.ravel(), minlength=256)
        share += counts / counts.sum()
    below = np.concatenate([[0], np.cumsum(share / share.sum())])
    at = np.interp(np.linspace(0, 1, QUANTILES), below, np.arange(257) - 0.5)
    return [round(float(v), 1) for v in np.clip(at, 0, 255)]


def some(rows: list[dict[str, str]], random: np.random.Generator) -> list[dict[str, str]]:
    return [rows[k] for k in random.permutation(len(rows))[:FILMS]]


def populations(adult: Path, kermany: Path) -> None:
    random = np.random.default_rng(0)
    rows = list(csv.DictReader((adult / "index.csv").open()))

    def of_set(name: str) -> list[tuple[Path, tuple[int, int, int, int]]]:
        wanted = some([r for r in rows if r["set"] == name and r["split"] == "train"], random)
        corner = [(int(r["pad_x"]), int(r["pad_y"]), int(r["fit_width"]), int(r["fit_height"])) for r in wanted]
        return [(adult / r["file"], (x, y, x + w, y + h)) for r, (x, y, w, h) in zip(wanted, corner, strict=True)]

    children = [r for r in csv.DictReader((kermany / "index.csv").open()) if r["split"] == "train"]
    print("adults", quantiles(of_set("nih14")))
    print("children", quantiles([(kermany / r["file"], None) for r in some(children, random)]))
    print("another hospital", quantiles(of_set("hannover")))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--adult", type=Path)
    parser.add_argument("--kermany", type=Path)
    args = parser.parse_args()
    picture = golden_picture()
    for tiles, clip in [(4, 2.0), (3, 4.0), (8, 2.0)]:
        equal = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles)).apply(picture)
        print("clahe", tiles, clip, int(equal.sum()), equal[5, :12].tolist(), equal[20, 20:32].tolist())
    wave = moire(picture)
    print("moire", wave[5, :14].tolist(), wave[20, 20:34].tolist())
    if args.adult and args.kermany:
        populations(args.adult, args.kermany)


if __name__ == "__main__":
    main()
