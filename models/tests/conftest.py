"""A small folder of everything that training reads: phantoms of noise, pictures of noise, and the shipped tokenizer."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from penumbra_models.names import FINDINGS, GRID, MASKS

TOKENIZER = Path(__file__).parents[2] / "public/models/base/tokenizer.json"


def wording(finding: str, text: str, **changes: object) -> dict:
    plain = {"type": "presence", "answerSpace": "yes-no", "strategy": "plain", "polarity": 1, "heldOut": False, "scope": None, "side": None}
    return {"findingId": finding, "text": text, "canonicalId": f"presence.{finding}", **plain, **changes}


def wordings() -> list[dict]:
    rows = []
    for finding in (*FINDINGS, "pneumonia"):
        rows.append(wording(finding, f"is there {finding}?"))
        rows.append(wording(finding, f"is there no {finding}?", polarity=-1, strategy="negation"))
        rows.append(wording(finding, f"unheard {finding}?", heldOut=True, strategy="lexical"))
    rows.append({**wording("", "is this radiograph normal?"), "findingId": None, "type": "normal", "canonicalId": "normal"})
    rows.append({**wording("", "is this a pa or an ap view?"), "findingId": None, "type": "view", "answerSpace": "view", "canonicalId": "view"})
    rows.append({**wording("", "is the heart enlarged?"), "findingId": None, "type": "heart", "canonicalId": "heart"})
    return rows


def write_phantoms(folder: Path, count: int, rows: list[dict]) -> None:
    rng = np.random.default_rng(0)
    folder.mkdir()
    rng.integers(0, 256, (count, 224, 224), np.uint8).tofile(folder / "images.u8")
    rng.integers(0, 256, (count, len(MASKS), GRID, GRID), np.uint8).tofile(folder / "masks.u8")
    cases, answers = [], []
    for i in range(count):
        kind = FINDINGS[i % len(FINDINGS)]
        cases.append({"findings": [{"kind": kind, "amount": 1}], "report": [f"There is {kind}."]})
        answers.append([
            [k, "yes" if (row["findingId"] == kind) == (row["polarity"] == 1) else "no"]
            for k, row in enumerate(rows) if row["type"] == "presence" and not row["heldOut"] and row["findingId"] != "pneumonia"
        ])  # fmt: skip
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    (folder / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))


def write_pictures(folder: Path, rows: list[dict[str, str]]) -> None:
    rng = np.random.default_rng(1)
    folder.mkdir()
    for i, row in enumerate(rows):
        row["file"] = f"{i}.png"
        Image.fromarray(rng.integers(0, 256, (224, 224), np.uint8)).save(folder / row["file"])
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/ (tokenizer, questions, train), adult/ and kermany/."""
    root = tmp_path_factory.mktemp("small")
    data, rows = root / "data", wordings()
    data.mkdir()
    (data / "tokenizer.json").write_text(TOKENIZER.read_text())
    (data / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    write_phantoms(data / "train", 24, rows)
    whole = {"split": "train", "set": "nih14", "view": "PA", "rsna_class": "", "adjudicated": "", "boxes": "", "pad_x": "0", "pad_y": "0",
             "fit_width": "224", "fit_height": "224"}  # fmt: skip
    labels = ["Effusion", "No Finding"] * 25
    write_pictures(root / "adult", [{"file": "", "labels": s, **whole, "split": "val" if i > 45 else "train"} for i, s in enumerate(labels)])
    write_pictures(root / "kermany", [{"file": "", "split": "train", "class": "normal" if i % 2 else "virus"} for i in range(12)])
    return root
