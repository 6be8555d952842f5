"""Puts trained adapters into a package: weights, manifest with hashes and a reference of what PyTorch computes, and the card.

uv run python -m penumbra_models.adapter_export --adapters runs/adapters --base ../public/models/base --interchange runs/interchange.json --out ../public/models/adapters

`--adapters` holds targeted/, early/ and all/ (adapter_train) and pareto/ (adapter_pareto).
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import torch

from .adapter_card import adapter_card
from .adapters import ALPHA, DROPOUT, LAYERS, RANK, adapted, parameters, read_adapters
from .export import GOLDEN_QUESTION, TRAINING_DATA
from .gsb_export import stands_behind
from .network import TOKENS
from .restore import restore

ROLES = {"targeted": "targetedAdapter", "early": "earlyAdapter", "all": "allAdapter"}
SCALES = (0.0, 0.5, 1.0)


def golden_tokens(width: int) -> torch.Tensor:
    """Image tokens by a formula, [1, 256, D], in double precision before rounding: sin(0.37 i + 0.11 j) + 0.5 cos(0.05 i j)."""
    i = torch.arange(TOKENS, dtype=torch.float64)[:, None]
    j = torch.arange(width, dtype=torch.float64)[None]
    return (torch.sin(0.37 * i + 0.11 * j) + 0.5 * torch.cos(0.05 * i * j)).float()[None]


@torch.no_grad()
def golden(base: Path, adapters: Path, name: str) -> dict:
    """Logits of yes and no behind the golden question about the golden tokens, at some scales, by the package's float16 weights."""
    parity = json.loads((base / "parity.json").read_text())
    manifest = json.loads((base / "manifest.json").read_text())
    words = manifest["answerSpaces"]["yes-no"]["tokenIds"]
    decoder = restore(base).decoder
    tuned = adapted(decoder, LAYERS[name])
    read_adapters(tuned, adapters / name / "adapter.safetensors")
    tokens, out = golden_tokens(decoder.norm.weight.shape[0]), []
    for scale in SCALES:
        for each in tuned.values():
            each.eval()
            each.scale = scale
        logits = decoder(torch.tensor([parity["ids"]]), tokens)[0, -1, words]
        out.append({"scale": scale, "answerLogits": [round(float(v), 5) for v in logits]})
    return {"question": GOLDEN_QUESTION, "ids": parity["ids"], "references": out, "parameters": sum(p.numel() for p in parameters(tuned))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapters", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="package of the model that they adapt")
    parser.add_argument("--interchange", type=Path, required=True, help="what dataset/interchange.ts found")
    parser.add_argument("--command", default="see models/README.md")
    parser.add_argument("--version", default="1")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = json.loads(args.interchange.read_text())
    if sorted(LAYERS["targeted"]) != sorted(found["targeted"]):
        raise SystemExit(f"Interchange names {found['targeted']}, and the targeted adapter is on {LAYERS['targeted']}.")
    files, parity, records = [], {}, {}
    for name, role in ROLES.items():
        data = (args.adapters / name / "adapter.safetensors").read_bytes()
        (args.out / f"{name}.safetensors").write_bytes(data)
        files.append({"path": f"{name}.safetensors", "role": role, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        parity[role] = golden(args.base, args.adapters, name)
        records[name] = json.loads((args.adapters / name / "record.json").read_text())
    behind = stands_behind(args.base)
    manifest = {
        "format": 1, "id": "adapters", "version": args.version, "name": "Penumbra adapters",
        "description": "Low-rank adapters of the answering side's queries and values, trained for one answer to all wordings of a question.",
        "task": "low-rank-adapters", "answer": {**behind, "files": [f for f in behind["files"] if f["role"] == "answer"]},
        "files": files, "rank": RANK, "alpha": ALPHA, "dropout": DROPOUT, "layers": {ROLES[name]: list(places) for name, places in LAYERS.items()},
        "parity": parity, "licence": "Apache-2.0", "trainingData": TRAINING_DATA, "card": "card.md",
        "madeBy": {"command": args.command, "seed": records["targeted"]["seed"], "steps": {n: r["steps"] for n, r in records.items()},
                   "versions": {"python": platform.python_version(), "torch": torch.__version__}},
    }  # fmt: skip
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    pareto = json.loads((args.adapters / "pareto/pareto.json").read_text())
    evaluation = {"interchange": found, "pareto": pareto, "adapters": records}
    (args.out / "evaluation.json").write_text(json.dumps(evaluation, indent=1) + "\n")
    (args.out / "card.md").write_text("\n".join(adapter_card(manifest, evaluation)) + "\n")


if __name__ == "__main__":
    main()
