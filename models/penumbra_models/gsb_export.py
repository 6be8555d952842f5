"""Exports the trained purifier and mapper as a package of int8 graphs for one encoder.

uv run python -m penumbra_models.gsb_export --purifier runs/purifier/checkpoint.pt --mapper runs/mapper/checkpoint.pt --encoder ../public/models/base \
    --out ../public/models/purifier
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch

from .export import TRAINING_DATA, parity_image, run, to_onnx
from .gsb_networks import Mapper, Purifier
from .gsb_train import LARGEST_SIGMA, load_mapper, load_purifier
from .quantize import quantize

PRECISION = "int8"
GOLDEN_SIGMA = 0.25


def booster_graphs(purifier: Purifier, mapper: Mapper) -> dict[str, onnx.ModelProto]:
    """One sigma for the whole batch: certificates draw all noise at one level."""
    b = torch.export.Dim("b", min=1, max=64)
    image, sigma = torch.rand(2, 1, 224, 224), torch.tensor([0.25])
    tokens, embedding = torch.rand(2, 256, mapper.pool.in_features), torch.rand(2, mapper.project.out_features)
    return {
        "purifier": to_onnx(purifier, (image, sigma), ["image", "sigma"], ["purified"], ({0: b}, None)),
        "mapper": to_onnx(mapper, (tokens, embedding, sigma), ["tokens", "embedding", "sigma"], ["mapped_tokens", "mapped_embedding"],
                          ({0: b}, {0: b}, None)),
    }  # fmt: skip


def stands_behind(encoder: Path) -> dict:
    """The package whose encoder and decoder stay as they are, by the hashes of their files."""
    manifest = json.loads((encoder / "manifest.json").read_text())
    files = [{k: f[k] for k in ("path", "role", "precision", "sha256")} for f in manifest["files"] if f["role"] in ("vision", "answer")]
    for f in files:
        if hashlib.sha256((encoder / f["path"]).read_bytes()).hexdigest() != f["sha256"]:
            raise ValueError(f"{f['path']} is not the file that the manifest of {manifest['id']} names.")
    return {"package": manifest["id"], "version": manifest["version"], "files": files}


def golden(forms: dict[str, onnx.ModelProto], encoder: Path) -> dict:
    """What the three graphs make of the parity image at one sigma, for a self-test."""
    sigma = np.array([GOLDEN_SIGMA], np.float32)
    (purified,) = run(forms["purifier"], {"image": parity_image(224)[None, None], "sigma": sigma})
    tokens, embedding = run(onnx.load(encoder / f"vision.{PRECISION}.onnx"), {"image": purified})
    _, mapped = run(forms["mapper"], {"tokens": tokens, "embedding": embedding, "sigma": sigma})
    return {"sigma": GOLDEN_SIGMA, "purifiedMean": round(float(purified.mean()), 6), "embedding": [round(float(v), 6) for v in mapped[0]]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purifier", type=Path, required=True)
    parser.add_argument("--mapper", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="package that both were trained for")
    parser.add_argument("--command", default="see models/README.md")
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    behind = stands_behind(args.encoder)
    forms = {role: quantize(graph, PRECISION) for role, graph in booster_graphs(load_purifier(args.purifier), load_mapper(args.mapper)).items()}
    files = []
    for role, graph in forms.items():
        data = graph.SerializeToString()
        path = args.out / f"{role}.{PRECISION}.onnx"
        path.write_bytes(data)
        files.append({"path": path.name, "role": role, "precision": PRECISION, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        print(f"{path.name}: {len(data) / 1e6:.2f} MB")
    steps = {role: torch.load(path, weights_only=True)["step"] for role, path in (("purifier", args.purifier), ("mapper", args.mapper))}
    manifest = {
        "format": 1, "id": "purifier", "version": args.version, "name": "Penumbra smoothness booster",
        "description": "A purifier before the frozen encoder and a smoothness mapper after it; both know the noise level and change nothing at zero.",
        "task": "smoothness-booster", "encoder": behind, "files": files,
        "purifier": {"inputs": {"image": "image", "sigma": "sigma"}, "outputs": {"image": "purified"}},
        "mapper": {"inputs": {"tokens": "tokens", "embedding": "embedding", "sigma": "sigma"},
                   "outputs": {"tokens": "mapped_tokens", "embedding": "mapped_embedding"}},
        "sigma": {"low": 0, "high": LARGEST_SIGMA, "unit": "standard deviation of grey, picture in [0, 1]; shape [1]"},
        "parity": golden(forms, args.encoder), "licence": "Apache-2.0", "trainingData": TRAINING_DATA, "card": "card.md",
        "madeBy": {"command": args.command, "seed": args.seed, "steps": steps, "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": ort.__version__}},
    }  # fmt: skip
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
