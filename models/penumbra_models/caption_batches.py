"""What the captioner is taught to write: a phantom's report, and now and then one short sentence that is true of it."""

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .vlm_dialogues import TERMS, report

SHORT = 0.2
"""Share of pictures with one short sentence in place of the report: whether a finding is there is asked by comparing two of them."""
KINDS = tuple(kind for kind in TERMS if kind != "pneumonia")
SIDES = ("effusion", "pneumothorax", "consolidation", "nodule", "atelectasis", "fracture", "pacemaker", "line")


SIDED = 0.3
"""Share of short sentences about a side, where the finding has one."""


def short_sentence(case: dict, rng: np.random.Generator) -> str:
    """One finding, present or absent with even odds where the phantom has one, in the words of the lab's captions for yes and no."""
    here = sorted({f["kind"] for f in case["findings"]})
    missing = [kind for kind in KINDS if kind not in here]
    kind = here[int(rng.integers(len(here)))] if here and rng.random() < 0.5 else missing[int(rng.integers(len(missing)))]
    sides = {f.get("side") for f in case["findings"] if f["kind"] == kind}
    side = ("left", "right")[int(rng.integers(2))] if kind in SIDES and rng.random() < SIDED else None
    there = side in sides if side else kind in here
    return f"there is {'' if there else 'no '}{side + ' ' if side else ''}{TERMS[kind]}."


class Captions:
    """Ids of texts, [bos, ..., eos], padded with 0."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.bos, self.eos = (tokenizer.encode(t).ids[0] for t in ("<bos>", "<eos>"))

    def ids(self, text: str) -> list[int]:
        return [self.bos, *self.tokenizer.encode(text).ids, self.eos]

    def batch(self, texts: list[str]) -> Tensor:
        rows = [self.ids(text) for text in texts]
        out = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.int64)
        for i, row in enumerate(rows):
            out[i, : len(row)] = torch.tensor(row)
        return out

    def draw(self, cases: list[dict], rng: np.random.Generator, short: float = SHORT) -> Tensor:
        return self.batch([short_sentence(case, rng) if rng.random() < short else report(case) for case in cases])


class Pictures:
    """Rendered folders as one list: cases, and pictures or cached tokens of them."""

    def __init__(self, data: Path, sets: list[str], tokens: Path | None = None) -> None:
        self.cases: list[dict] = []
        self.parts: list[np.ndarray] = []
        for name in sets:
            cases = [json.loads(line) for line in (data / name / "cases.jsonl").read_text().splitlines()]
            if tokens:
                flat = np.memmap(tokens / f"{name}.tokens.f16", np.float16, "r")
                self.parts.append(flat.reshape(len(cases), 256, -1))
            else:
                self.parts.append(np.memmap(data / name / "images.u8", np.uint8, "r", shape=(len(cases), 224, 224)))
            self.cases += cases
        self.where = [(part, i) for part, array in enumerate(self.parts) for i in range(len(array))]

    def rows(self, picks: np.ndarray) -> Tensor:
        """Tokens [B, 256, D] as they are, or pictures [B, 1, 224, 224] in [0, 1]."""
        rows = np.stack([self.parts[part][i] for part, i in (self.where[k] for k in picks)])
        return torch.from_numpy(rows).float() if rows.dtype == np.float16 else torch.from_numpy(rows)[:, None].float() / 255
