"""Puts learned frequency weights into a package: weights, manifest with hashes and a reference of what PyTorch computes, and the card.

uv run python -m penumbra_models.bands_export --bands runs/bands --base ../public/models/base --out ../public/models/frequency

`--bands` holds a folder for each way of teaching (bands_train) and evaluation.json (bands_evaluate).
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import torch

from .bands import RADIUS, Bands, read_bands
from .bands_card import bands_card
from .bands_train import TAUGHT
from .export import TRAINING_DATA, parity_image
from .gsb_export import stands_behind
from .network import Attention
from .restore import restore

ROLES = {"disturbed": "disturbedBands", "picture": "pictureBands", "contrast": "contrastBands", "calm": "calmBands"}
SCALES = (0.0, 0.5, 1.0)
SHOWN = 8
"""Numbers of the embedding that a reference names."""


@torch.no_grad()
def golden(base: Path, bands: Path, name: str) -> list[dict]:
    """The first numbers of the parity image's embedding at some scales, by the package's float16 weights."""
    Attention.fused = False
    vision = restore(base).vision.eval()
    modules = Bands(vision, name == "picture")
    modules.fill(read_bands(bands / name / "bands.safetensors"))
    image, out = torch.from_numpy(parity_image(224))[None, None], []
    for scale in SCALES:
        modules.set_scale(scale)
        embedding = vision(image)[1][0, :SHOWN]
        out.append({"scale": scale, "embedding": [round(float(v), 6) for v in embedding]})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bands", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="package of the model whose encoder it is")
    parser.add_argument("--command", default="see models/README.md")
    parser.add_argument("--version", default="1")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    files, parity, records, gains = [], {}, {}, {}
    for name, role in ROLES.items():
        data = (args.bands / name / "bands.safetensors").read_bytes()
        (args.out / f"{name}.safetensors").write_bytes(data)
        files.append({"path": f"{name}.safetensors", "role": role, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        parity[role] = golden(args.base, args.bands, name)
        records[name] = json.loads((args.bands / name / "record.json").read_text())
        tensors = read_bands(args.bands / name / "bands.safetensors")
        layers = sum(key.endswith(".low") for key in tensors)
        gains[name] = [{part: float(tensors[f"blocks.{i}.{part}"].mean()) for part in ("low", "high")} for i in range(layers)]
    behind = stands_behind(args.base)
    manifest = {
        "format": 1, "id": "frequency", "version": args.version, "name": "Penumbra frequency modules",
        "description": "Learned weights of frequency modules behind the self-attentions of a frozen image encoder.",
        "task": "frequency-modules", "encoder": {**behind, "files": [f for f in behind["files"] if f["role"] == "vision"]},
        "files": files, "radius": RADIUS, "parity": parity, "licence": "Apache-2.0", "trainingData": TRAINING_DATA, "card": "card.md",
        "madeBy": {"command": args.command, "seed": records["disturbed"]["seed"], "steps": {n: records[n]["steps"] for n in TAUGHT},
                   "versions": {"python": platform.python_version(), "torch": torch.__version__}},
    }  # fmt: skip
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    evaluation = {"trained": records, "gains": gains, **json.loads((args.bands / "evaluation.json").read_text())}
    (args.out / "evaluation.json").write_text(json.dumps(evaluation, indent=1) + "\n")
    (args.out / "card.md").write_text("\n".join(bands_card(manifest, evaluation)) + "\n")


if __name__ == "__main__":
    main()
