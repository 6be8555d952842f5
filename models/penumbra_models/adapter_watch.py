"""What is watched of an adapter: answers of unseen phantoms to trained and to held-out wordings, and whether it says one thing to all."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .adapter_batches import Group, ParaphraseBatches
from .adapter_losses import ssim
from .names import FINDINGS
from .network import Captioner
from .vlm_batches import Films

PICTURES = 40
CHUNK = 10


class Watched:
    """Unseen phantoms and the yes/no wordings of each finding; half of the questions are about what is there, as far as there is any."""

    def __init__(self, data: Path, features: Path, name: str, batches: ParaphraseBatches) -> None:
        films = Films(data, features, name, batches.sets[0].tokens.shape[-1])
        self.batches, self.tokens = batches, films.tokens[:PICTURES]
        self.present = np.array([[any(f["kind"] == kind for f in case["findings"]) for kind in FINDINGS] for case in films.cases[:PICTURES]])
        self.rows = {
            kind: [i for i, row in enumerate(batches.questions.rows) if row["canonicalId"] == f"presence.{kind}" and row["scope"] is None] for kind in FINDINGS
        }

    def asked(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each finding with the pictures that it is asked of: as many without it as with it."""
        rng = np.random.default_rng(7)
        for k, kind in enumerate(FINDINGS):
            there, absent = (np.flatnonzero(self.present[:, k] == state) for state in (True, False))
            yield kind, np.concatenate([there, rng.permutation(absent)[: max(len(there), 5)]])


@torch.no_grad()
def watch(model: Captioner, watched: Watched) -> dict:
    """Shares over all findings, pictures and wordings.

    By wordings (trained: those of the base model; adapter: what adapters are taught on; choosing: kept for choosing between adapters; heldOut:
    the bank's own, which nothing was chosen by): flips, answers about the finding that differ from the plain wording's; accuracy; ssim, mean
    likeness of the last attention map to the plain wording's. plain: accuracy, saysYes, and isThere, the share that should be said.
    """
    model.eval()
    totals: dict[str, list[float]] = {}
    for kind, pictures in watched.asked():
        rows = watched.rows[kind]
        table = [watched.batches.questions.rows[r] for r in rows]
        plain = next(k for k, row in enumerate(table) if row["strategy"] == "plain")
        truth = watched.present[pictures, FINDINGS.index(kind)]
        says, likeness = answers(model, watched, pictures, rows, plain)
        add(totals, "plain.accuracy", says[:, plain] == truth)
        add(totals, "plain.saysYes", says[:, plain])
        add(totals, "plain.isThere", truth)
        for k, row in enumerate(table):
            if k == plain:
                continue
            name = row["strategy"] if row["strategy"] in ("adapter", "choosing") else "heldOut" if row["heldOut"] else "trained"
            add(totals, f"{name}.flips", says[:, k] != says[:, plain])
            add(totals, f"{name}.accuracy", says[:, k] == truth)
            add(totals, f"{name}.ssim", likeness[:, k])
    out: dict[str, dict[str, float]] = {}
    for name, values in totals.items():
        group, what = name.split(".")
        out.setdefault(group, {})[what] = round(float(np.mean(values)), 4)
        out[group]["n"] = len(values)
    return out


def add(totals: dict[str, list[float]], name: str, values: np.ndarray) -> None:
    totals.setdefault(name, []).extend(values.astype(float).tolist())


def answers(model: Captioner, watched: Watched, pictures: np.ndarray, rows: list[int], plain: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether each wording says that the finding is there [pictures, wordings], and the likeness of its map to the plain one's."""
    yes, no = (watched.batches.answer_ids[a] for a in ("yes", "no"))
    turned = np.array([watched.batches.questions.rows[r]["polarity"] == -1 for r in rows])
    says, alike = [], []
    for start in range(0, len(pictures), CHUNK):
        some = pictures[start : start + CHUNK]
        groups = [[Group([r], ["yes"], [False], 1.0) for r in rows] for _ in some]
        batch = watched.batches.pack(watched.tokens[some], groups, padded=0.0)
        asked = batch.asked
        last, attention = model.decoder.answers(asked.ids, asked.place, asked.mask(), asked.last, batch.tokens)
        logits = last @ model.decoder.embed.weight.T
        says.append((logits[..., yes] > logits[..., no]).numpy() ^ turned)
        reference = attention[:, plain : plain + 1].expand_as(attention)
        alike.append(ssim(attention.flatten(0, 1), reference.flatten(0, 1)).view(attention.shape[:2]).numpy())
    return np.concatenate(says), np.concatenate(alike)
