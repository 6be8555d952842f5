"""Trains the small SigLIP's pooling head and text tower on cached image tokens of the frozen encoder; seeded, by steps.

uv run python -m penumbra_models.siglip_train --base BASE.pt --data data --sets train --features runs/features --adult DIR --out runs/siglip --steps 800
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .adults import Adults, AdultSampler
from .names import FINDINGS
from .network import TOKENS
from .siglip_captions import Caption, caption
from .siglip_network import PairConfig, SmallSiglip, sigmoid_loss
from .train import adamw, descend, rate_at
from .vlm_batches import Films, special
from .vlm_dialogues import TERMS
from .vlm_train import area

TEXTS = 48
"""Captions of each batch, the sentences of phantoms' reports among them."""
SENTENCES = 12


class Pairs:
    """Draws pictures' tokens, captions, and what of them is true."""

    def __init__(self, args: argparse.Namespace, length: int) -> None:
        self.rng = np.random.default_rng(args.seed)
        self.tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
        self.length = length
        self.sets = [Films(args.data, args.features, name, 128) for name in args.sets]
        self.where = [(s, i) for s, films in enumerate(self.sets) for i in range(len(films.cases))]
        self.adults = Adults(args.adult, "train")
        self.sampler = AdultSampler(self.adults, self.rng)
        self.adult_tokens = np.memmap(args.features / "adults.tokens.f16", np.float16, "r", shape=(len(self.adults), TOKENS, 128))
        self.phantoms, self.films = args.batch

    def ids(self, texts: list[str]) -> Tensor:
        return encode(self.tokenizer, texts, self.length)

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """tokens [B, 256, D], ids [T, length], wanted [B, T]."""
        picks = [self.where[i] for i in self.rng.integers(len(self.where), size=self.phantoms)]
        films = [self.sampler.draw()[0] for _ in range(self.films)]
        tokens = [self.sets[s].tokens[i] for s, i in picks] + [self.adult_tokens[i] for i in films]
        cases = [self.sets[s].cases[i] for s, i in picks]
        captions = [caption(self.rng) for _ in range(TEXTS - SENTENCES)]
        wanted = [[c.on_phantom(case) for c in captions] for case in cases] + [[c.on_film(self.adults.probability[i]) for c in captions] for i in films]
        reports = [[s.lower() for s in case["report"]] for case in cases]
        said = [report[int(self.rng.integers(len(report)))] for report in reports[:SENTENCES]]
        # A sentence says no more than that it is in the report: who lacks it may still have what it says.
        told = [[1.0 if s in report else float("nan") if s.startswith(("no ", "the lungs", "the heart is normal")) else 0.0 for s in said] for report in reports]
        told += [[float("nan")] * len(said)] * len(films)
        known = torch.tensor(np.concatenate([np.array(wanted), np.array(told)], 1), dtype=torch.float32)
        return torch.from_numpy(np.stack(tokens).astype(np.float32)), self.ids([*(c.text for c in captions), *said]), known


def encode(tokenizer: Tokenizer, texts: list[str], length: int) -> Tensor:
    """[T, length]: the words, <eos>, then <pad>; what is too long keeps its <eos>."""
    eos = special(tokenizer, "<eos>")
    rows = [[*tokenizer.encode(text).ids[: length - 1], eos] for text in texts]
    return torch.tensor([row + [0] * (length - len(row)) for row in rows])


@torch.no_grad()
def measure(model: SmallSiglip, tokenizer: Tokenizer, films: Films, count: int) -> dict[str, float]:
    """Zero-shot AUC of "a chest radiograph with X" against "a chest radiograph without X" over unseen phantoms."""
    tokens = torch.from_numpy(films.tokens[:count].astype(np.float32))
    texts = [Caption(frame.format(TERMS[k]), k, None, True) for k in FINDINGS for frame in ("a chest radiograph with {}", "a chest radiograph without {}")]
    logits = model(tokens, encode(tokenizer, [t.text for t in texts], model.c.length))
    out = {}
    for i, kind in enumerate(FINDINGS):
        margin = (logits[:, 2 * i] - logits[:, 2 * i + 1]).numpy()
        truth = np.array([texts[2 * i].on_phantom(case) for case in films.cases[:count]])
        out[kind] = round(area(np.stack([margin, truth], 1)), 3)
    return {**out, "mean": round(float(np.mean(list(out.values()))), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="checkpoint whose text encoder's embeddings the words start from")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--validation", default="watched")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--decay", type=int, default=300)
    parser.add_argument("--batch", type=int, nargs=2, default=(40, 16), metavar=("PHANTOMS", "FILMS"))
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=71)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    config = PairConfig(vocabulary=tokenizer.get_vocab_size())
    model, pairs = SmallSiglip(config), Pairs(args, config.length)
    films = Films(args.data, args.features, args.validation, 128)
    with torch.no_grad():
        model.text.embed.weight.copy_(torch.load(args.base, map_location="cpu", weights_only=True)["model"]["text.embed.weight"].float())
    optimizer = adamw(model, args.rate)
    shown, began = [], time.time()
    for step in range(1, args.steps + 1):
        tokens, ids, wanted = pairs.draw()
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(tokens, ids).float()
        loss = sigmoid_loss(logits, wanted)
        descend(loss, (optimizer, list(model.parameters())), args.rate * rate_at(step - 1, args.steps, args.decay, 50))
        shown.append(loss.item())
        if step % 50 == 0:
            print(json.dumps({"step": step, "s_per_step": round((time.time() - began) / step, 2), "loss": round(float(np.mean(shown[-50:])), 4)}), flush=True)
        if step % 200 == 0 or step == args.steps:
            print(json.dumps({"step": step, "validation": measure(model, tokenizer, films, 200)}), flush=True)
            torch.save({"model": model.state_dict(), "step": step, "config": config.as_dict()}, args.out / "checkpoint.pt")


if __name__ == "__main__":
    main()
