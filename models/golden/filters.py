"""Goldens of the lab's picture filters, by libraries that are not the lab: SciPy, scikit-image, PyWavelets, NumPy and Pillow.

The bilateral filter is written out in NumPy: scikit-image's table of distances is off by half a pixel for odd windows.

    python models/golden/filters.py    (numpy, scipy, scikit-image, PyWavelets, pillow)

Writes models/golden/filters/filters.json: a 32 x 32 picture and each filter's output, as base64 of float32.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pywt
from PIL import Image
from scipy import ndimage
from skimage.restoration import denoise_tv_chambolle

SIZE = 32


def picture() -> np.ndarray:
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    smooth = 0.5 + 0.3 * np.sin(5 * x + 2) * np.cos(4 * y) + 0.15 * (np.hypot(x - 0.5, y - 0.4) < 0.25)
    return np.clip(smooth + np.random.default_rng(5).normal(0, 0.04, (SIZE, SIZE)), 0, 1).astype(np.float32)


def frequencies() -> np.ndarray:
    return np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE)))


def spectral(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return np.fft.ifft2(np.fft.fft2(image) * gain).real


def wavelet(image: np.ndarray, threshold: float, levels: int) -> np.ndarray:
    coarse, *details = pywt.wavedec2(image, "db2", mode="periodization", level=levels)
    shrunk = [tuple(pywt.threshold(band, threshold, "soft") for band in level) for level in details]
    return pywt.waverec2([coarse, *shrunk], "db2", mode="periodization")


def down_and_up(image: np.ndarray) -> np.ndarray:
    small = Image.fromarray(image).resize((SIZE // 2, SIZE // 2), Image.Resampling.BOX)
    return np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def bilateral(image: np.ndarray, of_greys: float, of_pixels: float, reach: int) -> np.ndarray:
    padded = np.pad(image, reach, mode="edge")
    total, weights = np.zeros_like(image), np.zeros_like(image)
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            other = padded[dy : dy + SIZE, dx : dx + SIZE]
            far = ((dy - reach) ** 2 + (dx - reach) ** 2) / of_pixels**2
            weight = np.exp(-0.5 * (far + ((image - other) / of_greys) ** 2))
            total += weight * other
            weights += weight
    return total / weights


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    grey = Image.fromarray(np.round(image * 255).astype(np.uint8))
    file = io.BytesIO()
    grey.save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(file.getvalue()))) / 255


def filtered(x: np.ndarray) -> dict[str, np.ndarray]:
    double = x.astype(np.float64)
    f = frequencies()
    return {
        "medianFilter": ndimage.median_filter(x, size=5, mode="nearest"),
        "bilateralFilter": bilateral(double, 20 / 255, 1.5, 3),
        "totalVariation": denoise_tv_chambolle(double, weight=0.1, eps=0, max_num_iter=20),
        "bitDepth": np.round(double * 15) / 15,
        "jpegFilter": jpeg(x, 75),
        "resample": down_and_up(x),
        "lowPass": spectral(double, 1 / (1 + (f / 0.2) ** 8)),
        "bandStop": spectral(double, 1 - 0.8 * np.exp(-0.5 * ((f - 0.25) / 0.02) ** 2)),
        "wavelet": wavelet(double, 20 / 255, 3),
    }


def packed(image: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(image, dtype="<f4").tobytes()).decode()


if __name__ == "__main__":
    x = picture()
    outputs = {name: packed(image) for name, image in filtered(x).items()}
    out = Path(__file__).parent / "filters" / "filters.json"
    out.write_text(json.dumps({"size": SIZE, "picture": packed(x), "outputs": outputs}, indent=1) + "\n")
