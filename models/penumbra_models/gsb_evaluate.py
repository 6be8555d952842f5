"""Measures the smoothness booster on its exported graphs, by ONNX Runtime, and writes its evaluation.json and card.md.

uv run python -m penumbra_models.gsb_evaluate --package ../public/models/purifier --encoder ../public/models/base --phantoms data/eval --data data \
    --adult DIR --split test

Two by two: neither, purifier, mapper, both; every system sees the same noisy pictures. The Gaussian robustness score of a picture is the mean of
(1 + cos) / 2 between the embedding under noise and the clean embedding of the bare encoder (arXiv 2601.16200); `own` takes the system's own clean
embedding at that sigma instead, which is what a certificate of the whole system reads.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .adults import Adults
from .data import Questions
from .evaluate_phantoms import has
from .examiner import Examiner
from .export import float_session
from .gsb_card import write_booster_card
from .names import FINDINGS
from .restore import restore
from .statistics import balanced_accuracy, mean_interval

SIGMAS = (0.1, 0.25, 0.5)
SYSTEMS = ("none", "purifier", "mapper", "both")
BATCH = 8
LEVELS = 255
Encoding = tuple[np.ndarray, np.ndarray]


class Booster:
    """The deployed graphs."""

    def __init__(self, package: Path, encoder: Path, precision: str = "int8") -> None:
        paths = {"vision": encoder / f"vision.{precision}.onnx", **{r: package / f"{r}.{precision}.onnx" for r in ("purifier", "mapper")}}
        self.sessions = {role: float_session(str(path)) for role, path in paths.items()}

    def run(self, role: str, **feeds: np.ndarray) -> list[np.ndarray]:
        return self.sessions[role].run(None, feeds)

    def encode(self, images: np.ndarray) -> Encoding:
        tokens, embedding = self.run("vision", image=images)
        return tokens, embedding

    def purify(self, images: np.ndarray, sigma: float) -> np.ndarray:
        return self.run("purifier", image=images, sigma=level(sigma))[0]

    def map(self, encoding: Encoding, sigma: float) -> Encoding:
        tokens, embedding = self.run("mapper", tokens=encoding[0], embedding=encoding[1], sigma=level(sigma))
        return tokens, embedding

    def all_four(self, images: np.ndarray, sigma: float) -> dict[str, Encoding]:
        """Tokens and embeddings of the four systems for pictures [B, 1, 224, 224]."""
        bare, pure = self.encode(images), self.encode(self.purify(images, sigma))
        return {"none": bare, "purifier": pure, "mapper": self.map(bare, sigma), "both": self.map(pure, sigma)}


def level(sigma: float) -> np.ndarray:
    return np.array([sigma], np.float32)


def noisy(images: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Grey levels under the certificate's noise: rounded Gaussian, clipped; bytes in, [B, 1, 224, 224] in [0, 1] out."""
    noise = np.rint(rng.normal(0, sigma * LEVELS, images.shape))
    return (np.clip(images + noise, 0, LEVELS) / LEVELS).astype(np.float32)[:, None]


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


def plain(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32)[:, None] / LEVELS


def interval(values: np.ndarray) -> dict:
    low, high = mean_interval(values)
    return {"mean": round(float(values.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def ablation(booster: Booster, images: np.ndarray, sigma: float, draws: int) -> dict:
    """{system: score, own score, clean cosine, pixel error} over pictures (bytes [N, 224, 224]) with intervals over pictures."""
    score: dict[str, list[np.ndarray]] = {s: [] for s in SYSTEMS}
    own: dict[str, list[np.ndarray]] = {s: [] for s in SYSTEMS}
    calm: dict[str, list[np.ndarray]] = {s: [] for s in SYSTEMS}
    errors: dict[str, list[np.ndarray]] = {"noisy": [], "purified": []}
    for start in range(0, len(images), BATCH):
        some = images[start : start + BATCH]
        rng = np.random.default_rng([7, start])
        still = booster.all_four(plain(some), sigma)
        for s in SYSTEMS:
            calm[s].append(cosine(still[s][1], still["none"][1]))
        sums = {s: [np.zeros(len(some)), np.zeros(len(some))] for s in SYSTEMS}
        for _ in range(draws):
            drawn = noisy(some, sigma, rng)
            for s, (_, embedding) in booster.all_four(drawn, sigma).items():
                sums[s][0] += (1 + cosine(embedding, still["none"][1])) / 2
                sums[s][1] += (1 + cosine(embedding, still[s][1])) / 2
        errors["noisy"].append(np.sqrt(((drawn - plain(some)) ** 2).mean((1, 2, 3))))
        errors["purified"].append(np.sqrt(((booster.purify(drawn, sigma) - plain(some)) ** 2).mean((1, 2, 3))))
        for s in SYSTEMS:
            score[s].append(sums[s][0] / draws)
            own[s].append(sums[s][1] / draws)
    return {
        "systems": {
            s: {"score": interval(np.concatenate(score[s])), "own": interval(np.concatenate(own[s])), "clean": interval(np.concatenate(calm[s]))}
            for s in SYSTEMS
        },
        "rootMeanSquareError": {k: interval(np.concatenate(v)) for k, v in errors.items()},
        "images": len(images), "draws": draws,
    }  # fmt: skip


def answers(booster: Booster, examiner: Examiner, cases: list[dict], images: np.ndarray) -> dict:
    """Balanced accuracy of the frozen decoder over the findings, one noise draw a picture: clean, and each system by sigma."""
    rows = [examiner.plain("presence", f)[0] for f in FINDINGS]
    truth = np.array([[has(case, f) for f in FINDINGS] for case in cases])

    def accuracy(tokens: list[np.ndarray]) -> float:
        margins = examiner.margins(torch.from_numpy(np.concatenate(tokens)), rows)
        some = [k for k in range(len(FINDINGS)) if 0 < truth[:, k].sum() < len(truth)]
        return round(float(np.mean([balanced_accuracy(margins[:, k] > 0, truth[:, k]) for k in some])), 4)

    parts = range(0, len(images), BATCH)
    out: dict = {"images": len(images), "clean": accuracy([booster.encode(plain(images[i : i + BATCH]))[0] for i in parts])}
    for sigma in SIGMAS:
        tokens: dict[str, list[np.ndarray]] = {s: [] for s in SYSTEMS}
        for start in parts:
            drawn = noisy(images[start : start + BATCH], sigma, np.random.default_rng([11, start]))
            for s, encoding in booster.all_four(drawn, sigma).items():
                tokens[s].append(encoding[0])
        out[str(sigma)] = {s: accuracy(tokens[s]) for s in SYSTEMS}
    return out


def identity(booster: Booster, images: np.ndarray) -> dict:
    """The largest change of anything at sigma zero, which is to be 0 to the bit."""
    x = plain(images[:BATCH])
    bare = booster.encode(x)
    mapped = booster.map(bare, 0)
    return {
        "purifier": float(np.abs(booster.purify(x, 0) - x).max()),
        "tokens": float(np.abs(mapped[0] - bare[0]).max()), "embedding": float(np.abs(mapped[1] - bare[1]).max()),
    }  # fmt: skip


def strangers(booster: Booster, images: np.ndarray, sigma: float) -> dict:
    """The mean cosine between the embeddings of different noisy pictures: a booster that gave one answer to all would have 1."""
    out = {}
    drawn = noisy(images, sigma, np.random.default_rng(13))
    parts = [booster.all_four(drawn[i : i + BATCH], sigma) for i in range(0, len(images), BATCH)]
    clean = np.concatenate([booster.encode(plain(images[i : i + BATCH]))[1] for i in range(0, len(images), BATCH)])
    for name, e in (("clean", clean), *((s, np.concatenate([p[s][1] for p in parts])) for s in SYSTEMS)):
        e = e / np.linalg.norm(e, axis=-1, keepdims=True)
        n = len(e)
        out[name] = round(float(((e @ e.T).sum() - n) / (n * (n - 1))), 4)
    return out


def timings(booster: Booster, image: np.ndarray) -> dict:
    """Least milliseconds of processor time of each graph for one picture, of 20 runs: what else the machine does only adds."""
    x = plain(image[None])
    tokens, embedding = booster.encode(x)
    calls = {
        "vision": lambda: booster.encode(x), "purifier": lambda: booster.purify(x, 0.25), "mapper": lambda: booster.map((tokens, embedding), 0.25),
    }  # fmt: skip
    out = {}
    for name, call in calls.items():
        times = []
        for _ in range(20):
            began = time.process_time()
            call()
            times.append(time.process_time() - began)
        out[name] = round(min(times) * 1e3, 1)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with questions.jsonl")
    parser.add_argument("--phantoms", type=Path, required=True, help="rendered folder of unseen seeds")
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--split", choices=["val", "test"], default="val", help="of the adults; test is for the card alone")
    parser.add_argument("--count", type=int, default=100, help="pictures of each kind")
    parser.add_argument("--draws", type=int, default=8)
    args = parser.parse_args()
    torch.set_num_threads(1)
    booster = Booster(args.package, args.encoder)
    cases = [json.loads(line) for line in (args.phantoms / "cases.jsonl").read_text().splitlines()][: args.count]
    phantoms = np.array(np.memmap(args.phantoms / "images.u8", np.uint8, "r").reshape(-1, 224, 224)[: args.count])
    adults = Adults(args.adult, args.split).images
    adults = adults[np.random.default_rng(5).permutation(len(adults))[: args.count]]
    tokenizer = Tokenizer.from_file(str(args.encoder / "tokenizer.json"))
    examiner = Examiner(restore(args.encoder), tokenizer, Questions.load(args.data / "questions.jsonl", tokenizer))
    result: dict = {"split": args.split, "identity": identity(booster, phantoms), "milliseconds": timings(booster, phantoms[0])}
    for kind, images in (("phantoms", phantoms), ("adults", adults)):
        result[kind] = {str(sigma): ablation(booster, images, sigma, args.draws) for sigma in SIGMAS}
        result[kind]["strangers"] = strangers(booster, images, 0.25)
        print(kind, json.dumps(result[kind]), flush=True)
    result["answers"] = answers(booster, examiner, cases, phantoms)
    (args.package / "evaluation.json").write_text(json.dumps(result, indent=1) + "\n")
    write_booster_card(args.package, result)


if __name__ == "__main__":
    main()
