"""Batches for the small LLaVA: several questions to each picture in one line, each seeing the picture and itself."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer
from torch import Tensor

from .adults import LABELS, Adults, AdultSampler
from .batches import OPPOSITE, _askable
from .data import Questions
from .names import MASKS
from .network import TOKENS
from .sampler import Drawn, Sampler
from .vlm_dialogues import ROLE_USER, asks, report, report_wording, sentence_on_film, sentence_on_phantom

QUESTIONS, QUESTIONS_ON_FILM = 8, 5
REPORTED = 0.3
"""Share of phantoms whose report is asked for too."""
REST_WEIGHT, REPORT_WEIGHT = 0.15, 0.1
"""What a token of the sentence, or of a report, counts against the answer's word."""
IMAGE = "<image>"


def with_image_token(tokenizer: Tokenizer) -> Tokenizer:
    """The lab's tokenizer with one token more, the picture's place."""
    tokenizer.add_special_tokens([AddedToken(IMAGE, special=True, normalized=False)])
    return tokenizer


def special(tokenizer: Tokenizer, token: str) -> int:
    identifier = tokenizer.token_to_id(token)
    if identifier is None:
        raise ValueError(f"The tokenizer has no token {token}.")
    return int(identifier)


@dataclass
class Line:
    """One question with its answer: ids of both, where the answer starts, what its word and the opposite word are."""

    question: list[int]
    answer: list[int]
    other: int
    sure: float
    weight: float
    present: int = -1
    half: int = 0


@dataclass
class LlavaBatch:
    """B pictures' tokens [B, 256, D], or [B, 0, D] where the text is alone, and lines of N text tokens; masks [B, K, 256] of phantoms, zero on films.

    prefix: ids before the picture. ids, place (position in the prompt), segment (-1 pads), target (-1: none), weight [B, N];
    answers: (picture, place in the line, word, other word, sure, finding or -1, half) of each question, [A, 7].
    """

    tokens: Tensor
    masks: Tensor
    prefix: Tensor
    ids: Tensor
    place: Tensor
    segment: Tensor
    target: Tensor
    weight: Tensor
    answers: Tensor

    @property
    def lead(self) -> int:
        """Rows before the text."""
        return len(self.prefix) + self.tokens.shape[1]

    def positions(self) -> Tensor:
        lead = self.lead
        return torch.cat([torch.arange(lead).expand(len(self.ids), -1), self.place], 1)

    def mask(self) -> Tensor:
        """[B, 1, L + N, L + N]: the lead is causal; text sees the lead and what came before it in its own segment."""
        lead = self.lead
        segment = torch.cat([torch.full((len(self.ids), lead), -2), self.segment], 1)
        order = self.positions()
        seen = (segment[:, :, None] == segment[:, None, :]) | (segment[:, None, :] == -2)
        seen &= order[:, :, None] >= order[:, None, :]
        return torch.where(seen, 0.0, -1e4)[:, None]


class Writer:
    """Turns questions and answers into lines."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.eos = special(tokenizer, "<eos>")
        self.prefix = [special(tokenizer, "<bos>"), *tokenizer.encode(ROLE_USER).ids]
        self.known: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        if text not in self.known:
            self.known[text] = self.tokenizer.encode(text).ids
        return self.known[text]

    def line(self, question: str, word: str, sentence: str, drawn: Drawn) -> Line:
        answer = self.ids(f"{word}, {sentence}")
        other = self.ids(OPPOSITE.get(word, word))[0]
        return Line(self.ids(asks(question)), [*answer, self.eos], other, drawn.sure, REST_WEIGHT, drawn.finding, drawn.half)

    def report_line(self, wording: str, text: str) -> Line:
        answer = [*self.ids(text), self.eos]
        return Line(self.ids(asks(wording)), answer, answer[0], 1.0, REPORT_WEIGHT)

    def pack(self, tokens: np.ndarray, masks: np.ndarray, lines: list[list[Line]]) -> LlavaBatch:
        longest = max(sum(len(x.question) + len(x.answer) for x in row) for row in lines)
        lead = len(self.prefix) + TOKENS
        ids, place = np.zeros((2, len(lines), longest), np.int64)
        segment, target = np.full((2, len(lines), longest), -1)
        weight = np.zeros((len(lines), longest), np.float32)
        answers: list[list[float]] = []
        place[:] = lead
        for i, row in enumerate(lines):
            at = 0
            for k, each in enumerate(row):
                text = [*each.question, *each.answer]
                end, word = at + len(text), at + len(each.question) - 1
                ids[i, at:end], place[i, at:end], segment[i, at:end] = text, lead + np.arange(len(text)), k
                target[i, word : end - 1] = each.answer
                weight[i, word : end - 1] = each.weight
                if each.weight == REST_WEIGHT:
                    weight[i, word] = 0
                    answers.append([i, word, each.answer[0], each.other, each.sure, each.present, each.half])
                at = end
        return LlavaBatch(
            tokens=torch.from_numpy(tokens.astype(np.float32)), masks=torch.from_numpy(masks).float() / 255, prefix=torch.tensor(self.prefix),
            ids=torch.from_numpy(ids), place=torch.from_numpy(place), segment=torch.from_numpy(segment), target=torch.from_numpy(target),
            weight=torch.from_numpy(weight), answers=torch.tensor(answers),
        )  # fmt: skip


class Films:
    """Cached tokens of one set of phantoms and what is true of them."""

    def __init__(self, data: Path, features: Path, name: str, width: int) -> None:
        folder = data / name
        self.cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
        self.answers = [
            (np.array([p[0] for p in pairs], np.int32), [p[1] for p in pairs])
            for pairs in map(json.loads, (folder / "answers.jsonl").read_text().splitlines())
        ]
        n = len(self.cases)
        self.tokens = np.memmap(features / f"{name}.tokens.f16", np.float16, "r", shape=(n, TOKENS, width))
        self.masks = np.memmap(features / f"{name}.masks.u8", np.uint8, "r", shape=(n, len(MASKS), TOKENS))


class LlavaBatches:
    """Draws batches of phantoms and, where given, adult films."""

    def __init__(self, data: Path, features: Path, sets: list[str], adult: Path | None, size: tuple[int, int], seed: int, width: int = 128) -> None:
        self.phantoms, self.films = size
        self.rng = np.random.default_rng(seed)
        self.tokenizer = with_image_token(Tokenizer.from_file(str(data / "tokenizer.json")))
        self.writer = Writer(self.tokenizer)
        self.questions = Questions.load(data / "questions.jsonl", self.tokenizer)
        self.sampler = Sampler(self.questions, self.rng)
        self.sets = [Films(data, features, name, width) for name in sets]
        self.where = [(s, i) for s, films in enumerate(self.sets) for i in range(len(films.cases))]
        self.adults = Adults(adult, "train") if adult and self.films else None
        if self.adults:
            self.adult_sampler = AdultSampler(self.adults, self.rng)
            self.adult_tokens = np.memmap(features / "adults.tokens.f16", np.float16, "r", shape=(len(self.adults), TOKENS, width))

    def draw(self) -> LlavaBatch:
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=self.phantoms)]
        tokens = [self.sets[s].tokens[i] for s, i in picks]
        masks = [self.sets[s].masks[i] for s, i in picks]
        lines = [self._phantom(self.sets[s], i) for s, i in picks]
        if self.adults:
            for _ in range(self.films):
                index, label = self.adult_sampler.draw()
                tokens.append(self.adult_tokens[index])
                masks.append(np.zeros_like(masks[0]))
                lines.append(self._film(self.adults.probability[index], label))
        return self.writer.pack(np.stack(tokens), np.stack(masks), lines)

    def _phantom(self, films: Films, index: int) -> list[Line]:
        case, lines = films.cases[index], []
        for drawn in self.sampler.draw(self.sampler.case(films.answers[index]), QUESTIONS):
            row = self.questions.rows[drawn.row]
            lines.append(self.writer.line(row["text"], drawn.answer, sentence_on_phantom(case, row), drawn))
        if self.rng.random() < REPORTED:
            lines.append(self.writer.report_line(report_wording(self.rng), report(case)))
        return lines

    def _film(self, known: np.ndarray, label: int) -> list[Line]:
        lines = []
        askable = _askable(known)
        for drawn in self.sampler.draw_known(askable, QUESTIONS_ON_FILM, LABELS[label]):
            row = self.questions.rows[drawn.row]
            name = {"normal": "normal", "view": "ap"}.get(row["type"], row["findingId"] if row["type"] == "presence" else "cardiomegaly")
            lines.append(self.writer.line(row["text"], drawn.answer, sentence_on_film(name, askable[name] > 0.5), drawn))
        return lines
