"""Training batches: augmented images, their masks, questions with answers, and reports."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .adults import ASKED, LABELS, Adults, AdultSampler
from .data import Kermany, Phantoms, Questions, augment
from .names import ANSWERS
from .sampler import Drawn, Sampler

QUESTIONS_PER_IMAGE = 12
PADDED = 0.35
"""Share of questions with words about them that mean nothing, so that a new turn of phrase is not a new question."""
REPORT_LENGTH = 64
REPORTS_PER_BATCH = 3
QUESTIONS_PER_RADIOGRAPH = 5
ADULTS, CHILDREN = 12, 4
"""Of every 24 pictures; the rest are phantoms."""


OPPOSITE = {"yes": "no", "no": "yes", "pa": "ap", "ap": "pa"}


@dataclass
class Asked:
    """Q questions to each of B images, those of an image one after the other in a line of N tokens (0 pads).

    ids, place (in its question) and question (-1 pads) are [B, N]; last, the place of a question's last token in the line,
    targets, the token that answers it, present, the index of the finding asked about or -1 if it is not there, and half, the
    half of the image it is asked about (a value of HALVES, 0 for both), other, the token of the opposite answer (targets where
    there is none), and sure, the probability of `targets` against `other`, [B, Q].
    """

    ids: Tensor
    place: Tensor
    question: Tensor
    last: Tensor
    targets: Tensor
    present: Tensor
    half: Tensor
    other: Tensor
    sure: Tensor

    def mask(self) -> Tensor:
        """[B, 1, N, N], added to attention scores: a token sees what came before it in its own question."""
        own = self.question[:, :, None] == self.question[:, None, :]
        seen = own & (self.place[:, :, None] >= self.place[:, None, :])
        return torch.where(seen, 0.0, -1e4)[:, None]


@dataclass
class Batch:
    """Images [B, 1, 224, 224]: first the phantoms (with masks [P, K, 16, 16]), then adults, then children.

    labels [A + C, len(LABELS)]: the probability of each label of the real ones, NaN where unknown.
    """

    images: Tensor
    masks: Tensor
    asked: Asked
    asked_real: Asked
    labels: Tensor
    report_ids: Tensor
    same_report: Tensor


class Batches:
    """Draws batches from rendered phantoms and the train splits of the adult and the Kermany sets."""

    def __init__(self, data: Path, sets: list[str], real: tuple[Path, Path], size: int, seed: int, told: int = REPORTS_PER_BATCH) -> None:
        adult, kermany = real
        self.told = told
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
        self.questions = Questions.load(data / "questions.jsonl", self.tokenizer)
        self.sampler = Sampler(self.questions, self.rng)
        self.sets = [Phantoms(data / s, data / s / "answers.jsonl") for s in sets]
        self.where = [(s, i) for s, phantoms in enumerate(self.sets) for i in range(len(phantoms))]
        self.tables = [[self.sampler.case(a) for a in phantoms.answers] for phantoms in self.sets]
        self.reports = [[self._report(r) for r in phantoms.reports] for phantoms in self.sets]
        self.adults, self.children = Adults(adult, "train"), Kermany(kermany, "train")
        self.adult_sampler = AdultSampler(self.adults, self.rng)
        self.answer_ids = {a: self.tokenizer.encode(a).ids[0] for a in ANSWERS}
        used = {0, *self.answer_ids.values(), *(self.tokenizer.token_to_id(f"<{t}>") for t in ("pad", "bos", "eos", "ans", "report"))}
        for row, ids in zip(self.questions.rows, self.questions.ids, strict=True):
            # Held-out wordings are not looked at: any word outside the trained ones may pad a question.
            used |= set(ids.tolist()) if not row["heldOut"] else set()
        self.filler = np.array([i for i in range(self.tokenizer.get_vocab_size()) if i not in used])
        self.adults_drawn, self.children_drawn = size * ADULTS // 24, size * CHILDREN // 24
        self.phantoms = size - self.adults_drawn - self.children_drawn

    def draw(self) -> Batch:
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=self.phantoms)]
        images = torch.from_numpy(np.stack([self.sets[s].images[i] for s, i in picks]))[:, None].float() / 255
        masks = torch.from_numpy(np.stack([self.sets[s].masks[i] for s, i in picks])).float() / 255
        drawn = [self.adult_sampler.draw() for _ in range(self.adults_drawn)]
        chosen = self.rng.integers(len(self.children), size=self.children_drawn)
        pictures = np.concatenate([self.adults.images[[i for i, _ in drawn]], self.children.images[chosen]])
        real = torch.from_numpy(pictures)[:, None].float() / 255
        images, masks = augment(images, masks, self.generator, real=False)
        real, _ = augment(real, torch.zeros(len(real), 0, 1, 1), self.generator, real=True)
        asked = [self.sampler.draw(self.tables[s][i], QUESTIONS_PER_IMAGE) for s, i in picks]
        labels = np.full((len(real), len(LABELS)), np.nan, np.float32)
        labels[: len(drawn)] = self.adults.probability[[i for i, _ in drawn]]
        for k, c in enumerate(chosen, start=len(drawn)):
            sick = bool(self.children.labels[c])
            labels[k, LABELS.index("pneumonia")], labels[k, LABELS.index("normal")] = (0.98, 0.02) if sick else (0.02, 0.98)
        firsts = [LABELS[k] for _, k in drawn] + [None] * len(chosen)
        asked_real = [self.sampler.draw_known(_askable(row), QUESTIONS_PER_RADIOGRAPH, first) for row, first in zip(labels, firsts, strict=True)]
        told = picks[: self.told]
        names = [self.sets[s].reports[i] for s, i in told]
        return Batch(
            images=torch.cat([images, real]),
            masks=masks,
            asked=self._asked(asked),
            asked_real=self._asked(asked_real),
            labels=torch.from_numpy(labels),
            report_ids=torch.from_numpy(np.stack([self.reports[s][i] for s, i in told])),
            same_report=torch.tensor([[a == b for b in names] for a in names]),
        )

    def any_reports(self, count: int) -> Tensor:
        """Ids [count, REPORT_LENGTH] of reports of phantoms drawn at random."""
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=count)]
        return torch.from_numpy(np.stack([self.reports[s][i] for s, i in picks]))

    def _asked(self, asked: list[list[Drawn]]) -> Asked:
        lines = [[self._text(q.row) for q in questions] for questions in asked]
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
        return Asked(
            ids=torch.from_numpy(ids),
            place=torch.from_numpy(place),
            question=torch.from_numpy(question),
            last=torch.from_numpy(last),
            targets=torch.tensor([[self.answer_ids[q.answer] for q in questions] for questions in asked]),
            present=torch.tensor([[q.finding for q in questions] for questions in asked]),
            half=torch.tensor([[q.half for q in questions] for questions in asked]),
            other=torch.tensor([[self.answer_ids[OPPOSITE.get(q.answer, q.answer)] for q in questions] for questions in asked]),
            sure=torch.tensor([[q.sure for q in questions] for questions in asked]),
        )

    def _text(self, row: int) -> np.ndarray:
        text = self.questions.ids[row, : self.questions.lengths[row]]
        if self.rng.random() > PADDED:
            return text
        noise = self.filler[self.rng.integers(len(self.filler), size=self.rng.integers(1, 8))]
        place = 1 if self.rng.random() < 0.6 else len(text) - 1
        return np.concatenate([text[:place], noise, text[place:]])

    def _report(self, report: str) -> np.ndarray:
        """<bos> <report> sentences <eos>, padded with 0."""
        ids = [self.tokenizer.token_to_id(t) for t in ("<bos>", "<report>")]
        ids += [*self.tokenizer.encode(report).ids[: REPORT_LENGTH - 3], self.tokenizer.token_to_id("<eos>")]
        return np.pad(np.array(ids, np.int64), (0, REPORT_LENGTH - len(ids)))


def _askable(row: np.ndarray) -> dict[str, float]:
    return {name: float(p) for name, p in zip(LABELS, row, strict=True) if name in ASKED and not np.isnan(p)}
