"""A film made into square pictures by the library's own image processors: golden/vlm/resampling.json.

In the environment of vlm_exports.py, with pillow: vlm-env/bin/python golden/resampling.py golden/vlm/resampling.json
"""

import json
import sys
from pathlib import Path

import numpy as np
import transformers
from PIL import Image

HALF = dict(image_mean=[0.0] * 3, image_std=[1.0] * 3)
PROCESSORS = {
    "gemma3": transformers.Gemma3ImageProcessor(size={"height": 12, "width": 12}, do_pan_and_scan=None, **HALF),
    "paligemma": transformers.SiglipImageProcessor(size={"height": 13, "width": 13}, resample=3, **HALF),
    "llava": transformers.CLIPImageProcessor(size={"shortest_edge": 14}, crop_size={"height": 14, "width": 14}, **HALF),
    "clip": transformers.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 14, "width": 14}, **HALF),
    "idefics3": transformers.Idefics3ImageProcessor(size={"longest_edge": 24}, max_image_size={"longest_edge": 12}, do_image_splitting=False, **HALF),
    "florence2": transformers.CLIPImageProcessor(
        size={"height": 40, "width": 40}, crop_size={"height": 40, "width": 40}, do_center_crop=False, **HALF
    ),
}


def main(path):
    generator = np.random.default_rng(3)
    rows, cols = 31, 22
    y, x = np.mgrid[0:rows, 0:cols]
    film = np.clip(128 + 90 * np.sin(y / 3) * np.cos(x / 4) + 25 * generator.standard_normal((rows, cols)), 0, 255).astype(np.uint8)
    image = Image.fromarray(film).convert("RGB")
    made = {}
    for name, processor in PROCESSORS.items():
        pixels = np.asarray(processor(image, return_tensors="np")["pixel_values"])
        grey = pixels.reshape(-1, *pixels.shape[-2:])[0]
        config = json.loads(processor.to_json_string())
        made[name] = {"processor": config, "size": grey.shape[0], "grey": np.round(grey * 255).astype(int).flatten().tolist()}
    path.write_text(json.dumps({"rows": rows, "cols": cols, "film": film.flatten().tolist(), "made": made}, separators=(",", ":")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
