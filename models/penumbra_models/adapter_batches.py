"""Batches for adapters: groups of wordings that ask the same of the same picture, over the frozen encoder's stored tokens."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .adults import ASKED, LABELS, Adults, AdultSampler
from .batches import OPPOSITE, Asked, _askable
from .data import Questions
from .names import ANSWERS
from .network import TOKENS
from .sampler import Drawn, Sampler
from .vlm_batches import Films

GROUPS, WORDINGS = 4, 3
"""Questions to each picture, and ways in which each is put."""
PADDED, LONGEST_PADDING = 0.5, 14
"""Share of wordings with words about them that mean nothing, and how many at most."""


@dataclass
class Group:
    """Wordings of one question (rows of the table), what each asks for, and whether it asks the other way round."""

    rows: list[int]
    answers: list[str]
    turned: list[bool]
    sure: float


@dataclass
class ParaphraseBatch:
    """tokens [B, 256, D]; asked: GROUPS * WORDINGS texts to each picture, those of a group side by side; turned [B, Q]."""

    tokens: Tensor
    asked: Asked
    turned: Tensor


class ParaphraseBatches:
    """Draws phantoms of some sets and adult films whose tokens `vlm_features` stored."""

    def __init__(self, data: Path, features: Path, sets: list[str], adult: Path | None, size: tuple[int, int], seed: int, width: int = 128) -> None:
        self.phantoms, self.films = size
        self.rng = np.random.default_rng(seed)
        self.tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
        self.questions = Questions.load(data / "adapter-questions.jsonl", self.tokenizer)
        self.sampler = Sampler(self.questions, self.rng)
        self.answer_ids = {a: self.tokenizer.encode(a).ids[0] for a in ANSWERS}
        used = {0, *self.answer_ids.values(), *(self.tokenizer.token_to_id(f"<{t}>") for t in ("pad", "bos", "eos", "ans", "report"))}
        for row, ids in zip(self.questions.rows, self.questions.ids, strict=True):
            # Held-out wordings are not looked at.
            used |= set(ids.tolist()) if not row["heldOut"] else set()
        self.filler = np.array([i for i in range(self.tokenizer.get_vocab_size()) if i not in used])
        self.sets = [Films(data, features, name, width) for name in sets]
        self.where = [(s, i) for s, films in enumerate(self.sets) for i in range(len(films.cases))]
        self.adults = Adults(adult, "train") if adult and self.films else None
        if self.adults:
            self.adult_sampler = AdultSampler(self.adults, self.rng)
            self.adult_tokens = np.memmap(features / "adults.tokens.f16", np.float16, "r", shape=(len(self.adults), TOKENS, width))

    def draw(self) -> ParaphraseBatch:
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=self.phantoms)]
        tokens = [self.sets[s].tokens[i] for s, i in picks]
        groups = [[self.group(q) for q in self.sampler.draw(self.sampler.case(self.sets[s].answers[i]), GROUPS)] for s, i in picks]
        if self.adults:
            for _ in range(self.films):
                index, label = self.adult_sampler.draw()
                known = {k: p for k, p in _askable(self.adults.probability[index]).items() if k in ASKED}
                tokens.append(self.adult_tokens[index])
                groups.append([self.group(q) for q in self.sampler.draw_known(known, GROUPS, LABELS[label])])
        return self.pack(np.stack(tokens), groups)

    def group(self, drawn: Drawn) -> Group:
        """The drawn wording and others of the same question, asked either way."""
        first = self.questions.rows[drawn.row]
        pool = [r for way in (1, -1) for r in self.sampler.wordings.get((first["canonicalId"], way), ())]
        others = self.rng.choice(pool, size=min(WORDINGS - 1, len(pool)), replace=False).tolist()
        rows = [drawn.row, *others, *[drawn.row] * (WORDINGS - 1 - len(others))]
        ways = [self.questions.rows[r]["polarity"] for r in rows]
        answers = [drawn.answer if way == first["polarity"] else OPPOSITE[drawn.answer] for way in ways]
        return Group(rows, answers, [way == -1 for way in ways], drawn.sure)

    def pack(self, tokens: np.ndarray, groups: list[list[Group]], *, padded: float = PADDED) -> ParaphraseBatch:
        lines = [[self._text(row, padded) for group in each for row in group.rows] for each in groups]
        longest = max(sum(map(len, line)) for line in lines)
        ids, place = np.zeros((2, len(lines), longest), np.int64)
        question, last = np.full((len(lines), longest), -1), np.zeros((len(lines), len(lines[0])), np.int64)
        for i, line in enumerate(lines):
            start = 0
            for k, text in enumerate(line):
                end = start + len(text)
                ids[i, start:end], place[i, start:end], question[i, start:end] = text, np.arange(len(text)), k
                last[i, k] = end - 1
                start = end
        answers = [[a for g in each for a in g.answers] for each in groups]
        targets = torch.tensor([[self.answer_ids[a] for a in row] for row in answers])
        nowhere = torch.full_like(targets, -1)
        asked = Asked(
            ids=torch.from_numpy(ids), place=torch.from_numpy(place), question=torch.from_numpy(question), last=torch.from_numpy(last),
            targets=targets, present=nowhere, half=torch.zeros_like(targets),
            other=torch.tensor([[self.answer_ids[OPPOSITE.get(a, a)] for a in row] for row in answers]),
            sure=torch.tensor([[g.sure for g in each for _ in g.rows] for each in groups]),
        )  # fmt: skip
        turned = torch.tensor([[t for g in each for t in g.turned] for each in groups])
        return ParaphraseBatch(torch.from_numpy(tokens.astype(np.float32)), asked, turned)

    def _text(self, row: int, padded: float) -> np.ndarray:
        text = self.questions.ids[row, : self.questions.lengths[row]]
        if self.rng.random() >= padded:
            return text
        noise = self.filler[self.rng.integers(len(self.filler), size=self.rng.integers(1, LONGEST_PADDING + 1))]
        at = 1 if self.rng.random() < 0.6 else len(text) - 1
        return np.concatenate([text[:at], noise, text[at:]])
