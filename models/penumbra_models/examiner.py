"""Asks a model questions about images."""

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .data import Questions
from .names import ANSWERS
from .network import Captioner

BATCH = 50
QUESTIONS = 12
"""Questions asked in one line."""


def unit(images: np.ndarray) -> Tensor:
    """Bytes [N, 224, 224] as the model takes them, [N, 1, 224, 224] in [0, 1]."""
    return torch.from_numpy(np.array(images)).float()[:, None] / 255


class Examiner:
    """A model with its tokenizer and the question bank; every margin is yes minus no in nats."""

    def __init__(self, model: Captioner, tokenizer: Tokenizer, questions: Questions) -> None:
        self.model, self.tokenizer, self.questions = model, tokenizer, questions
        self.words = {w: tokenizer.encode(w).ids[0] for w in ANSWERS}
        with torch.no_grad():
            self.grey = model.vision(torch.full((1, 1, 224, 224), 0.5))[0]

    @torch.no_grad()
    def encode(self, images: np.ndarray) -> tuple[Tensor, Tensor]:
        """Bytes [N, 224, 224] to tokens [N, 256, D] and embeddings [N, E]."""
        parts = [self.model.vision(unit(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]
        return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])

    @torch.no_grad()
    def logits(self, tokens: Tensor, rows: list[int]) -> Tensor:
        """Logits [N, Q, V] at the answering position of every question for every image."""
        parts = []
        for start in range(0, len(rows), QUESTIONS):
            some = [self.read(t, rows[start : start + QUESTIONS])[0] for t in tokens.split(BATCH)]
            parts.append(torch.cat(some) @ self.model.decoder.embed.weight.T)
        return torch.cat(parts, dim=1)

    @torch.no_grad()
    def read(self, tokens: Tensor, rows: list[int]) -> tuple[Tensor, Tensor]:
        """What the decoder makes of each question after its last token, [N, Q, D], and where it looks then, [N, Q, 256]."""
        ids, place, mask, last = (x.expand(len(tokens), *x.shape[1:]) for x in self.line(rows))
        return self.model.decoder.answers(ids, place, mask, last, tokens)

    def line(self, rows: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Questions one after the other, as `Decoder.answers` takes them: ids, place in the question, mask, last places."""
        lengths = self.questions.lengths[rows]
        ids = np.concatenate([self.questions.ids[r, :n] for r, n in zip(rows, lengths, strict=True)])
        place = np.concatenate([np.arange(n) for n in lengths])
        question = np.repeat(np.arange(len(rows)), lengths)
        seen = (question[:, None] == question) & (place[:, None] >= place)
        mask = torch.where(torch.from_numpy(seen), 0.0, -1e4)[None, None]
        return torch.from_numpy(ids)[None], torch.from_numpy(place)[None], mask, torch.from_numpy(np.cumsum(lengths) - 1)[None]

    def margins(self, tokens: Tensor, rows: list[int]) -> np.ndarray:
        """Yes minus no for what is asked about, [N, Q]: the sign is turned where the wording is negated."""
        z = self.logits(tokens, rows)
        polarity = np.array([self.questions.rows[r]["polarity"] for r in rows])
        return (z[..., self.words["yes"]] - z[..., self.words["no"]]).numpy() * polarity

    def plain(self, kind: str, finding: str | None = None) -> list[int]:
        """Rows of the plain wordings of a type of question, about one finding if it is named."""
        return [
            i for i, r in enumerate(self.questions.rows)
            if r["type"] == kind and r["strategy"] == "plain" and (finding is None or r["findingId"] == finding)
        ]  # fmt: skip
