"""Which questions training asks about a case, and what answers it expects."""

from typing import NamedTuple

import numpy as np

from .adults import ASKED
from .data import Questions
from .names import FINDINGS

OFTEN = {"nodule": 2.5, "fracture": 5.0, "tube": 1.5, "line": 1.5, "atelectasis": 1.6, "consolidation": 1.6, "side": 2.0, "comparison": 12.0}
"""How often a finding or a type of question is drawn against the others: what is hard is asked more."""
HALVES = {"right": 1, "left": 2}
"""The image's halves by the patient's side: the right lung is on the image's left."""


class Drawn(NamedTuple):
    """A question: row of its wording, answer, index of the finding to look at or -1, the half of the image it is in, and
    how sure the answer is (what is left goes to the opposite answer)."""

    row: int
    answer: str
    finding: int
    half: int
    sure: float = 1.0


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
        self.about = {name: self._keys(name) for name in ASKED}

    def _row(self, key: tuple) -> dict:
        return self.questions.rows[int(self.wordings[key][0])]

    def case(self, pairs: tuple[np.ndarray, list[str]]) -> dict[str, list[tuple[tuple, str, bool]]]:
        """What can be asked of one case: by finding (presence) or by question type, [(wordings, answer, is present)]."""
        table: dict[str, list[tuple[tuple, str, bool]]] = {}
        for index, answer in zip(pairs[0].tolist(), pairs[1], strict=True):
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
        return (FINDINGS.index(finding), HALVES.get(side or "", 0)) if located else (-1, 0)

    def _keys(self, label: str) -> list[tuple]:
        """The questions that one label answers."""
        names = {"normal": ("normal",), "ap": ("view",), "cardiomegaly": ("presence.cardiomegaly", "heart")}.get(label, (f"presence.{label}",))
        return [key for key in self.wordings if key[0] in names]

    def draw_known(self, known: dict[str, float], count: int, first: str | None = None) -> list["Drawn"]:
        """`count` questions about one radiograph, the first about the label it was drawn for; each answer as sure as its label."""
        labels = list(known)
        present = np.array([known[name] > 0.5 or name in ("normal", "ap") for name in labels])
        odds = np.where(present, 1.0, self.KEEP_ABSENT)
        picked = self.rng.choice(len(labels), size=count, p=odds / odds.sum())
        asked = [labels[i] for i in picked]
        if first in known:
            asked[0] = first
        return [self._ask(name, known[name]) for name in asked]

    def _ask(self, label: str, probability: float) -> "Drawn":
        keys = self.about[label]
        key = keys[self.rng.integers(len(keys))]
        wordings = self.wordings[key]
        row = int(wordings[self.rng.integers(len(wordings))])
        holds = probability > 0.5
        yes, no = ("ap", "pa") if label == "ap" else ("yes", "no")
        answer = yes if holds == (key[1] == 1) else no
        return Drawn(row, answer, -1, 0, max(probability, 1 - probability))
