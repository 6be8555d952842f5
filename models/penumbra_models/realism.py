"""Two distances between phantoms and real radiographs, for the model card.

uv run python -m penumbra_models.realism PHANTOMS REAL [--out FILE]

PHANTOMS is a folder written by dataset/render.ts (images.u8, N x 224 x 224 bytes). REAL is a folder with index.csv, whose rows name
8-bit grey pictures and the padding around them (columns file, fit_width, fit_height, pad_x, pad_y), which is cut off.
Prints JSON, and with --out writes it: grey levels are compared as the 1-Wasserstein distance between pooled histograms (share of the full range), sharpness and
texture as the root mean square difference, in decades, of the mean radially averaged log10 power spectra (Hann window, picture less its
mean) from 2/224 to 1/2 cycles per pixel. Both distances are also given between two random halves of the real set, the floor of what
sampling alone gives.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 224
SOURCE = "nih14"
"""The set that counts where a folder holds several (column `set`)."""


def read_real(folder: Path, count: int, seed: int) -> np.ndarray:
    """[count, SIZE, SIZE] float in [0, 1]: the largest centred square inside the padding, resampled (Lanczos, antialiased)."""
    with (folder / "index.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r.get("set", SOURCE) == SOURCE]
    chosen = np.random.default_rng(seed).permutation(len(rows))[:count]
    pictures = []
    for row in (rows[k] for k in sorted(chosen)):
        width, height = int(row["fit_width"]), int(row["fit_height"])
        left, top = int(row["pad_x"]), int(row["pad_y"])
        edge = min(width, height)
        left, top = left + (width - edge) // 2, top + (height - edge) // 2
        picture = Image.open(folder / row["file"]).convert("L").crop((left, top, left + edge, top + edge))
        pictures.append(np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)))
    return np.stack(pictures) / 255.0


def histogram_distance(a: np.ndarray, b: np.ndarray) -> float:
    """1-Wasserstein distance of pooled grey levels in [0, 1]: the area between the cumulative histograms of 256 bins."""
    edges = np.linspace(-0.5 / 255, 1 + 0.5 / 255, 257)
    cumulative = [np.cumsum(np.histogram(x, edges)[0]) / x.size for x in (a, b)]
    return float(np.abs(cumulative[0] - cumulative[1]).sum() / 255)


def radial_log_power(pictures: np.ndarray) -> np.ndarray:
    """[SIZE / 2] mean log10 power per ring of spatial frequency 1 .. SIZE / 2 cycles per picture."""
    hann = np.hanning(SIZE)
    window = np.outer(hann, hann)
    y, x = np.meshgrid(*(np.fft.fftfreq(SIZE) * SIZE,) * 2, indexing="ij")
    ring = np.rint(np.hypot(y, x)).astype(int).ravel()
    counts = np.bincount(ring)
    total = np.zeros(SIZE // 2)
    for picture in pictures:
        power = np.abs(np.fft.fft2((picture - picture.mean()) * window)) ** 2 / (window**2).sum()
        rings = np.bincount(ring, power.ravel()) / counts
        total += np.log10(rings[1 : SIZE // 2 + 1] + 1e-12)
    return total / len(pictures)


def spectrum_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Decades, from the second ring on (the first is mostly the window's own)."""
    difference = (radial_log_power(a) - radial_log_power(b))[1:]
    return float(np.sqrt(np.mean(difference**2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("phantoms", type=Path)
    parser.add_argument("real", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file for the JSON, besides standard output")
    options = parser.parse_args()
    phantoms = np.fromfile(options.phantoms / "images.u8", np.uint8).reshape(-1, SIZE, SIZE)[: options.count] / 255.0
    real = read_real(options.real, 2 * options.count, options.seed)
    order = np.random.default_rng(options.seed).permutation(len(real))
    first, second = real[order[: len(real) // 2]], real[order[len(real) // 2 :]]
    gap = radial_log_power(phantoms) - radial_log_power(first)
    text = json.dumps(
        {
            "phantoms": len(phantoms),
            "real": len(first),
            "histogram": histogram_distance(phantoms, first),
            "histogram_real_to_real": histogram_distance(second, first),
            "spectrum_decades": spectrum_distance(phantoms, first),
            "spectrum_real_to_real": spectrum_distance(second, first),
            "spectrum_gap_at_cycles_per_picture": {k: round(float(gap[k - 1]), 2) for k in (2, 4, 8, 16, 32, 64, 100)},
            "mean_grey": [float(phantoms.mean()), float(first.mean())],
            "sd_grey": [float(phantoms.std()), float(first.std())],
        },
        indent=1,
    )

    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
