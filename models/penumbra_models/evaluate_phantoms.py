"""What a model gets right on phantoms of seeds that training never saw: findings, other questions, reports, where it looks."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .answers import truth
from .examiner import Examiner
from .names import ANSWER_SPACES, FINDINGS, GRID, QUESTION_TYPES
from .statistics import auc_interval, balanced_accuracy, bleu, wilson

COVERED = 25
"""Bytes of mask coverage (a tenth of a cell) from which a token counts as inside."""


def read(folder: Path, count: int) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """The first cases of a rendered folder, their images [N, 224, 224] and masks [N, K, 16, 16]."""
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    images = np.memmap(folder / "images.u8", np.uint8, "r").reshape(len(cases), 224, 224)
    masks = np.memmap(folder / "masks.u8", np.uint8, "r").reshape(len(cases), -1, GRID, GRID)
    return cases[:count], images[:count], masks[:count]


def has(case: dict, finding: str) -> bool:
    return any(f["kind"] == finding for f in case["findings"])


def findings(examiner: Examiner, tokens: Tensor, cases: list[dict]) -> dict:
    """AUC with interval, balanced accuracy with and without the image, by finding; plain wordings."""
    rows = [examiner.plain("presence", f)[0] for f in FINDINGS]
    margins, blind = examiner.margins(tokens, rows), examiner.margins(examiner.grey, rows)[0]
    out = {}
    for k, finding in enumerate(FINDINGS):
        positive = np.array([has(c, finding) for c in cases])
        area, low, high = auc_interval(margins[:, k], positive)
        out[finding] = {
            "auc": area, "low": low, "high": high, "positives": int(positive.sum()),
            "balancedAccuracy": balanced_accuracy(margins[:, k] > 0, positive),
            "imageRemoved": balanced_accuracy(np.full(len(positive), blind[k] > 0), positive),
        }  # fmt: skip
    return out


def other_questions(examiner: Examiner, tokens: Tensor, cases: list[dict]) -> dict:
    """Accuracy of the plain wordings of every other type of question, with and without the image."""
    out = {}
    for kind in QUESTION_TYPES:
        if kind == "presence":
            continue
        right = blind = total = 0
        for row in examiner.plain(kind):
            question = examiner.questions.rows[row]
            words = ANSWER_SPACES[question["answerSpace"]]
            asked = [(i, answer) for i, c in enumerate(cases) if (answer := truth(c, question))]
            target = np.array([words.index(a) for _, a in asked])
            columns = [examiner.words[w] for w in words]
            z = examiner.logits(tokens[[i for i, _ in asked]], [row])[:, 0, columns].argmax(-1).numpy()
            without = int(examiner.logits(examiner.grey, [row])[0, 0, columns].argmax())
            right, blind, total = right + int((z == target).sum()), blind + int((target == without).sum()), total + len(z)
        low, high = wilson(right, total)
        out[kind] = {"accuracy": right / total, "low": low, "high": high, "imageRemoved": blind / total, "n": total}
    return out


@torch.no_grad()
def reports(examiner: Examiner, tokens: Tensor, cases: list[dict]) -> dict:
    """BLEU-4 of greedy reports against the phantoms' own."""
    model, tokenizer = examiner.model, examiner.tokenizer
    bos, report, eos = (tokenizer.token_to_id(f"<{t}>") for t in ("bos", "report", "eos"))
    ids = torch.tensor([[bos, report]] * len(tokens))
    done = torch.zeros(len(tokens), dtype=torch.bool)
    while ids.shape[1] < 64 and not bool(done.all()):
        hidden = model.decoder.hidden(ids, tokens)[:, -1]
        following = (hidden @ model.decoder.embed.weight.T).argmax(-1)
        following[done] = 0
        done |= following == eos
        ids = torch.cat([ids, following[:, None]], dim=1)
    written = [tokenizer.decode(row.tolist()).split() for row in ids]
    references = [tokenizer.decode(tokenizer.encode(" ".join(c["report"])).ids).split() for c in cases]
    return {"bleu4": bleu(written, references), "n": len(cases)}


@torch.no_grad()
def pointing(examiner: Examiner, tokens: Tensor, cases: list[dict], masks: np.ndarray) -> dict:
    """Is the most attended token (last decoder layer, mean of heads) in the mask of a finding that was found?"""
    hits: list[np.ndarray] = []
    chance: list[np.ndarray] = []
    for k, finding in enumerate(FINDINGS):
        row = examiner.plain("presence", finding)[0]
        present = [i for i, c in enumerate(cases) if has(c, finding)]
        found = examiner.margins(tokens[present], [row])[:, 0] > 0
        peak = attention(examiner, tokens[present], row).argmax(-1).numpy()
        inside = masks[present, k].reshape(len(present), -1) > COVERED
        usable = found & inside.any(-1)
        hits.append(inside[np.arange(len(present)), peak][usable])
        chance.append(inside.mean(-1)[usable])
    return {
        "hit": float(np.concatenate(hits).mean()), "chance": float(np.concatenate(chance).mean()),
        "byFinding": {f: [float(h.mean()), float(c.mean())] for f, h, c in zip(FINDINGS, hits, chance, strict=True) if len(h)},
        "n": int(sum(map(len, hits))),
    }  # fmt: skip


def attention(examiner: Examiner, tokens: Tensor, row: int) -> Tensor:
    """Attention of the last decoder layer at the answering position over the image tokens, mean of heads, [N, 256]."""
    return examiner.read(tokens, [row])[1][:, 0]
