"""Puts trained adapters of the encoder into a package: weights, manifest with hashes and a reference of what PyTorch computes, and the card.

uv run python -m penumbra_models.encoder_adapter_export --adapters runs/encoder-adapters --base ../public/models/base --measured ../docs/encoder-adapters.json \\
    --out ../public/models/encoder-adapters

`--adapters` holds a folder for each kind (encoder_adapter_train), `--measured` is what pair_evaluate found of them.
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import torch

from .adapters import DROPOUT, GAIN
from .bands_export import SCALES, SHOWN
from .encoder_adapter_card import encoder_adapter_card
from .encoder_adapters import RANK, adapted_encoder, fill, read_encoder_adapters, set_scale
from .export import TRAINING_DATA, parity_image
from .gsb_export import stands_behind
from .network import Attention
from .restore import restore

ROLES = {"augmented": "augmentedEncoder", "calm": "calmEncoder", "contrast": "contrastEncoder"}
"""`adults` is not bundled: it gained nothing on the films that it would have been chosen on."""


@torch.no_grad()
def golden(base: Path, file: Path) -> list[dict]:
    """The first numbers of the parity image's embedding at some scales, by the package's float16 weights."""
    Attention.fused = False
    vision = restore(base).vision.eval()
    adapters = adapted_encoder(vision)
    fill(adapters, read_encoder_adapters(file))
    vision.eval()
    image, out = torch.from_numpy(parity_image(224))[None, None], []
    for scale in SCALES:
        set_scale(adapters, scale)
        out.append({"scale": scale, "embedding": [round(float(v), 6) for v in vision(image)[1][0, :SHOWN]]})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapters", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="package of the model whose encoder it is")
    parser.add_argument("--measured", type=Path, required=True)
    parser.add_argument("--tried", type=Path, help="record.json of an adapter for adults that was not bundled")
    parser.add_argument("--command", default="see models/README.md")
    parser.add_argument("--version", default="1")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    files, parity, records = [], {}, {}
    for name, role in ROLES.items():
        source = args.adapters / name / "adapter.safetensors"
        data = source.read_bytes()
        (args.out / f"{name}.safetensors").write_bytes(data)
        files.append({"path": f"{name}.safetensors", "role": role, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        parity[role] = golden(args.base, source)
        records[name] = json.loads((args.adapters / name / "record.json").read_text())
    behind = stands_behind(args.base)
    manifest = {
        "format": 1, "id": "encoder-adapters", "version": args.version, "name": "Penumbra encoder adapters",
        "description": "Low-rank adapters of the image encoder: with and without heavy augmentation, and by contrast.",
        "task": "encoder-adapters", "encoder": {**behind, "files": [f for f in behind["files"] if f["role"] == "vision"]},
        "files": files, "rank": RANK, "alpha": GAIN * RANK, "dropout": DROPOUT, "parity": parity,
        "licence": "Apache-2.0", "trainingData": TRAINING_DATA, "card": "card.md",
        "madeBy": {"command": args.command, "seed": records["augmented"]["seed"], "steps": {n: r["steps"] for n, r in records.items()},
                   "versions": {"python": platform.python_version(), "torch": torch.__version__}},
    }  # fmt: skip
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    evaluation = {"trained": records, **json.loads(args.measured.read_text())}
    if args.tried:
        evaluation["tried"] = json.loads(args.tried.read_text())
    (args.out / "evaluation.json").write_text(json.dumps(evaluation, indent=1) + "\n")
    (args.out / "card.md").write_text("\n".join(encoder_adapter_card(manifest, evaluation)) + "\n")


if __name__ == "__main__":
    main()
