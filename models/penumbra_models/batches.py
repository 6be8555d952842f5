"""Training batches: augmented images, their masks, questions with answers, and reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .data import FINDINGS, Kermany, Phantoms, Questions, augment

QUESTIONS_PER_IMAGE = 12
OFTEN = {"nodule": 2.5, "fracture": 5.0, "tube": 1.5, "line": 1.5, "atelectasis": 1.6, "consolidation": 1.6, "side": 2.0, "comparison": 12.0}
"""How often a finding or a type of question is drawn against the others: what is hard is asked more."""
PADDED = 0.35
"""Share of questions with words about them that mean nothing, so that a new turn of phrase is not a new question."""
REPORT_LENGTH = 64
REPORTS_PER_BATCH = 10
ANSWERS = ("yes", "no", "left", "right", "both", "small", "moderate", "large", "pa", "ap")


HALVES = {"right": 1, "left": 2}
"""The image's halves by the patient's side: the right lung is on the image's left."""


class Drawn(NamedTuple):
    """A question: row of its wording, answer, index of the finding to look at or -1, and the half of the image it is in."""

    row: int
    answer: str
    finding: int
    half: int


class Sampler:
    """Draws questions about a case: what is asked first, whatever the answer, then a wording used in training.

    A finding is drawn before its truth is looked at, and absent ones are then dropped with one fixed probability. Drawing
    by answer instead (half yes, half no for each picture) would tell, by being asked, how many other findings there are.
    """

    KEEP_ABSENT = 0.45

    def __init__(self, questions: Questions, rng: np.random.Generator) -> None:
        self.questions, self.rng = questions, rng
        groups: dict[tuple, list[int]] = {}
        for i, row in enumerate(questions.rows):
            if not row["heldOut"]:
                groups.setdefault((row["canonicalId"], row["polarity"]), []).append(i)
        self.wordings = {key: np.array(rows) for key, rows in groups.items()}
        self.pneumonia = [k for k in self.wordings if self._row(k)["findingId"] == "pneumonia"]

    def _row(self, key: tuple) -> dict:
        return self.questions.rows[int(self.wordings[key][0])]

    def case(self, pairs: tuple[np.ndarray, list[str]]) -> dict[str, list[tuple[tuple, str, bool]]]:
        """What can be asked of one case: by finding (presence) or by question type, [(wordings, answer, is present)]."""
        table: dict[str, list[tuple[tuple, str, bool]]] = {}
        for index, answer in zip(pairs[0].tolist(), pairs[1]):
            row = self.questions.rows[index]
            key = (row["canonicalId"], row["polarity"])
            if key not in self.wordings:
                continue
            presence = row["type"] == "presence"
            group = f"presence {row['findingId']}" if presence else row["type"]
            table.setdefault(group, []).append((key, answer, (answer == "yes") == (row["polarity"] == 1)))
        return table

    def draw(self, table: dict[str, list[tuple[tuple, str, bool]]], count: int) -> list["Drawn"]:
        """`count` questions about one case."""
        presence = [g for g in table if g.startswith("presence")]
        others = [g for g in table if not g.startswith("presence")]
        odds = [np.cumsum([OFTEN.get(g.split()[-1], 1.0) for g in pool]) for pool in (presence, others)]
        picked: list[Drawn] = []
        while len(picked) < count:
            is_presence = not others or self.rng.random() < 0.75
            pool, sums = (presence, odds[0]) if is_presence else (others, odds[1])
            options = table[pool[int(np.searchsorted(sums, self.rng.random() * sums[-1], side="right"))]]
            # The plain question of a finding comes first in its list; scope questions (side, size) follow.
            plain = is_presence and self.rng.random() < 0.6
            choices = [o for o in options if o[0][0].count(".") == 1] if plain else options
            key, answer, present = choices[self.rng.integers(len(choices))]
            if is_presence and not present and self.rng.random() > self.KEEP_ABSENT:
                continue
            wordings = self.wordings[key]
            row = int(wordings[self.rng.integers(len(wordings))])
            picked.append(Drawn(row, answer, *self.place(self.questions.rows[row], present)))
        return picked

    @staticmethod
    def place(question: dict, present: bool) -> tuple[int, int]:
        """Where to look: index of the finding, -1 for nowhere, and the half of the image, 0 for both.

        A comparison looks at the side it names first, larger or not. Without that it stays at chance: neither what the
        image shows nor which side is named says anything about the answer alone.
        """
        finding, kind = question["findingId"], question["type"]
        compares = kind == "comparison"
        located = (compares or present) and kind in ("presence", "side", "size", "comparison") and finding in FINDINGS
        side = question["side"] if compares else (question["scope"] or {}).get("side")
        return (FINDINGS.index(finding), HALVES.get(side, 0)) if located else (-1, 0)

    def draw_pneumonia(self, sick: bool) -> "Drawn":
        key = self.pneumonia[self.rng.integers(len(self.pneumonia))]
        wordings = self.wordings[key]
        yes = sick == (key[1] == 1)
        return Drawn(int(wordings[self.rng.integers(len(wordings))]), "yes" if yes else "no", -1, 0)


@dataclass
class Asked:
    """Q questions to each of B images, those of an image one after the other in a line of N tokens (0 pads).

    ids, place (in its question) and question (-1 pads) are [B, N]; last, the place of a question's last token in the line,
    targets, the token that answers it, present, the index of the finding asked about or -1 if it is not there, and half, the
    half of the image it is asked about (a value of HALVES, 0 for both), [B, Q].
    """

    ids: Tensor
    place: Tensor
    question: Tensor
    last: Tensor
    targets: Tensor
    present: Tensor
    half: Tensor

    def mask(self) -> Tensor:
        """[B, 1, N, N], added to attention scores: a token sees what came before it in its own question."""
        own = self.question[:, :, None] == self.question[:, None, :]
        seen = own & (self.place[:, :, None] >= self.place[:, None, :])
        return torch.where(seen, 0.0, -1e4)[:, None]


@dataclass
class Batch:
    """Images [B, 1, 224, 224]: first the phantoms (with masks [P, K, 16, 16]), then the real radiographs."""

    images: Tensor
    masks: Tensor
    asked: Asked
    asked_real: Asked
    report_ids: Tensor
    same_report: Tensor


class Batches:
    """Draws batches from rendered phantoms and the Kermany train split."""

    def __init__(self, data: Path, sets: list[str], kermany: Path, size: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
        self.questions = Questions.load(data / "questions.jsonl", self.tokenizer)
        self.sampler = Sampler(self.questions, self.rng)
        self.sets = [Phantoms(data / s, data / s / "answers.jsonl") for s in sets]
        self.where = [(s, i) for s, phantoms in enumerate(self.sets) for i in range(len(phantoms))]
        self.tables = [[self.sampler.case(a) for a in phantoms.answers] for phantoms in self.sets]
        self.reports = [[self._report(r) for r in phantoms.reports] for phantoms in self.sets]
        self.real = Kermany(kermany, "train")
        self.answer_ids = {a: self.tokenizer.encode(a).ids[0] for a in ANSWERS}
        used = {0, *self.answer_ids.values(), *(self.tokenizer.token_to_id(f"<{t}>") for t in ("pad", "bos", "eos", "ans", "report"))}
        for row, ids in zip(self.questions.rows, self.questions.ids):
            # Held-out wordings are not looked at: any word outside the trained ones may pad a question.
            used |= set(ids.tolist()) if not row["heldOut"] else set()
        self.filler = np.array([i for i in range(self.tokenizer.get_vocab_size()) if i not in used])
        self.phantoms = size * 13 // 16
        self.children = size - self.phantoms

    def draw(self) -> Batch:
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=self.phantoms)]
        images = torch.from_numpy(np.stack([self.sets[s].images[i] for s, i in picks]))[:, None].float() / 255
        masks = torch.from_numpy(np.stack([self.sets[s].masks[i] for s, i in picks])).float() / 255
        chosen = self.rng.integers(len(self.real), size=self.children)
        children = torch.from_numpy(self.real.images[chosen])[:, None].float() / 255
        images, masks = augment(images, masks, self.generator, real=False)
        children, _ = augment(children, None, self.generator, real=True)
        asked = [self.sampler.draw(self.tables[s][i], QUESTIONS_PER_IMAGE) for s, i in picks]
        told = picks[:REPORTS_PER_BATCH]
        names = [self.sets[s].reports[i] for s, i in told]
        return Batch(
            images=torch.cat([images, children]),
            masks=masks,
            asked=self._asked(asked),
            asked_real=self._asked([[self.sampler.draw_pneumonia(bool(self.real.labels[c]))] for c in chosen]),
            report_ids=torch.from_numpy(np.stack([self.reports[s][i] for s, i in told])),
            same_report=torch.tensor([[a == b for b in names] for a in names]),
        )

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
            *map(torch.from_numpy, (ids, place, question, last)),
            targets=torch.tensor([[self.answer_ids[q.answer] for q in questions] for questions in asked]),
            present=torch.tensor([[q.finding for q in questions] for questions in asked]),
            half=torch.tensor([[q.half for q in questions] for questions in asked]),
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
        ids += self.tokenizer.encode(report).ids[: REPORT_LENGTH - 3] + [self.tokenizer.token_to_id("<eos>")]
        return np.pad(np.array(ids, np.int64), (0, REPORT_LENGTH - len(ids)))
