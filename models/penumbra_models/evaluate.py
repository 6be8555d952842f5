"""Measures a model and writes its card: evaluation.json, card.md and the manifest's accuracy.

uv run python -m penumbra_models.evaluate --checkpoint runs/base/checkpoint.pt --package ../public/models/base
    --data data --phantoms data/eval --kermany DIR --nih DIR

Phantoms are of seeds that training never saw. The Kermany test split is looked at here only.
"""

import argparse
import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from .answers import truth
from .card import write_card
from .data import FINDINGS, Kermany, Questions
from .export import ANSWER_SPACES, load
from .network import Attention, Captioner, causal_mask
from .statistics import auc, auc_interval, balanced_accuracy, bleu, mean_interval, wilson

BATCH = 50
QUESTIONS = 12
"""Questions asked in one line."""
NOISED = 50
"""Phantoms on which the Gaussian robustness score is taken."""
DRAWS = {0.05: 8, 0.1: 64, 0.25: 8}
"""Noise draws for each of them, by sigma."""
KERMANY_BASELINES = {"outer ring, no lungs": 0.794, "14x14 block means": 0.880, "histogram": 0.709}


class Examiner:
    """Asks a model questions about images and compares with the truth."""

    def __init__(self, model: Captioner, tokenizer: Tokenizer, questions: Questions) -> None:
        self.model, self.tokenizer, self.questions = model, tokenizer, questions
        self.words = {w: tokenizer.encode(w).ids[0] for words in ANSWER_SPACES.values() for w in words}
        with torch.no_grad():
            self.grey = model.vision(torch.full((1, 1, 224, 224), 0.5))[0]

    @torch.no_grad()
    def encode(self, images: np.ndarray) -> tuple[Tensor, Tensor]:
        """Bytes [N, 224, 224] to tokens [N, 256, D] and embeddings [N, E]."""
        parts = [self.model.vision(_unit(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]
        return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])

    def logits(self, tokens: Tensor, rows: list[int]) -> Tensor:
        """Logits [N, Q, V] at the answering position of every question for every image."""
        parts = []
        for start in range(0, len(rows), QUESTIONS):
            line, place, mask, last = self._line(rows[start : start + QUESTIONS])
            some = []
            for t in tokens.split(BATCH):
                n = len(t)
                hidden, _ = self.model.decoder.answers(line.expand(n, -1), place.expand(n, -1), mask.expand(n, -1, -1, -1), last.expand(n, -1), t)
                some.append(hidden @ self.model.decoder.embed.weight.T)
            parts.append(torch.cat(some))
        return torch.cat(parts, dim=1)

    def _line(self, rows: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Questions one after the other, as `Decoder.answers` takes them: ids, place in the question, mask, last places."""
        lengths = self.questions.lengths[rows]
        ids = np.concatenate([self.questions.ids[r, :n] for r, n in zip(rows, lengths)])
        place = np.concatenate([np.arange(n) for n in lengths])
        question = np.repeat(np.arange(len(rows)), lengths)
        seen = (question[:, None] == question) & (place[:, None] >= place)
        mask = torch.where(torch.from_numpy(seen), 0.0, -1e4)[None, None]
        return torch.from_numpy(ids)[None], torch.from_numpy(place)[None], mask, torch.from_numpy(np.cumsum(lengths) - 1)[None]

    @torch.no_grad()
    def margins(self, tokens: Tensor, rows: list[int]) -> np.ndarray:
        """Yes minus no for what is asked about, [N, Q]: the sign is turned where the wording is negated."""
        z = self.logits(tokens, rows)
        polarity = np.array([self.questions.rows[r]["polarity"] for r in rows])
        return (z[..., self.words["yes"]] - z[..., self.words["no"]]).numpy() * polarity

    def plain(self, kind: str, finding: str | None = None) -> list[int]:
        rows = self.questions.rows
        return [
            i for i, r in enumerate(rows)
            if r["type"] == kind and r["strategy"] == "plain" and (finding is None or r["findingId"] == finding)
        ]  # fmt: skip

    def findings(self, tokens: Tensor, cases: list[dict]) -> dict:
        rows = [self.plain("presence", f)[0] for f in FINDINGS]
        margins, blind = self.margins(tokens, rows), self.margins(self.grey, rows)[0]
        out = {}
        for k, finding in enumerate(FINDINGS):
            positive = np.array([any(f["kind"] == finding for f in c["findings"]) for c in cases])
            area, low, high = auc_interval(margins[:, k], positive)
            out[finding] = {
                "auc": area, "low": low, "high": high, "positives": int(positive.sum()),
                "balancedAccuracy": balanced_accuracy(margins[:, k] > 0, positive),
                "imageRemoved": balanced_accuracy(np.full(len(positive), blind[k] > 0), positive),
            }  # fmt: skip
        return out

    @torch.no_grad()
    def other_questions(self, tokens: Tensor, cases: list[dict]) -> dict:
        out = {}
        for kind in ("side", "size", "view", "normal", "heart", "portable", "device", "comparison"):
            right = blind = total = 0
            for row in self.plain(kind):
                question = self.questions.rows[row]
                words = ANSWER_SPACES[question["answerSpace"]]
                asked = [(i, answer) for i, c in enumerate(cases) if (answer := truth(c, question))]
                target = np.array([words.index(a) for _, a in asked])
                columns = [self.words[w] for w in words]
                z = self.logits(tokens[[i for i, _ in asked]], [row])[:, 0, columns].argmax(-1).numpy()
                without = int(self.logits(self.grey, [row])[0, 0, columns].argmax())
                right, blind, total = right + (z == target).sum(), blind + (target == without).sum(), total + len(z)
            low, high = wilson(int(right), int(total))
            out[kind] = {"accuracy": float(right / total), "low": low, "high": high, "imageRemoved": float(blind / total), "n": int(total)}
        return out

    def paraphrases(self, tokens: Tensor) -> dict:
        """Share of wordings whose corrected answer differs from the plain wording's."""
        flips: dict[bool, list[np.ndarray]] = {False: [], True: []}
        by_strategy: dict[str, list[np.ndarray]] = {}
        for finding in FINDINGS:
            plain = self.plain("presence", finding)[0]
            key = self.questions.rows[plain]["canonicalId"]
            rows = [i for i, r in enumerate(self.questions.rows) if r["canonicalId"] == key and i != plain]
            margins = self.margins(tokens, [plain, *rows])
            flipped = (margins[:, 1:] > 0) != (margins[:, :1] > 0)
            for k, row in enumerate(rows):
                question = self.questions.rows[row]
                flips[question["heldOut"]].append(flipped[:, k])
                if question["heldOut"]:
                    by_strategy.setdefault(question["strategy"], []).append(flipped[:, k])
        return {
            "trained": float(np.concatenate(flips[False]).mean()), "heldOut": float(np.concatenate(flips[True]).mean()),
            "images": len(tokens),
            "heldOutByStrategy": {k: float(np.concatenate(v).mean()) for k, v in sorted(by_strategy.items())},
        }  # fmt: skip

    @torch.no_grad()
    def reports(self, tokens: Tensor, cases: list[dict]) -> dict:
        special = {t: self.tokenizer.token_to_id(f"<{t}>") for t in ("bos", "report", "eos")}
        ids = torch.tensor([[special["bos"], special["report"]]] * len(tokens))
        done = torch.zeros(len(tokens), dtype=torch.bool)
        while ids.shape[1] < 64 and not bool(done.all()):
            hidden = self.model.decoder.hidden(ids, tokens)[:, -1]
            following = (hidden @ self.model.decoder.embed.weight.T).argmax(-1)
            following[done] = 0
            done |= following == special["eos"]
            ids = torch.cat([ids, following[:, None]], dim=1)
        written = [self.tokenizer.decode(row.tolist()).split() for row in ids]
        references = [self.tokenizer.decode(self.tokenizer.encode(" ".join(c["report"])).ids).split() for c in cases]
        return {"bleu4": bleu(written, references), "n": len(cases)}

    def pneumonia(self, images: np.ndarray, sick: np.ndarray) -> dict:
        tokens, _ = self.encode(images)
        area, low, high = auc_interval(self.margins(tokens, self.plain("presence", "pneumonia"))[:, 0], sick)
        return {"auc": area, "low": low, "high": high, "n": len(sick)}

    @torch.no_grad()
    def gaussian_score(self, images: np.ndarray, embedding: Tensor, sigma: float, draws: int) -> dict:
        """Mean over images of E[(1 + cos(f(x + noise), f(x))) / 2], with its bootstrap interval over images; noise is not clipped."""
        generator = torch.Generator().manual_seed(7)
        x = _unit(images)
        scores = []
        for _ in range(draws):
            noisy = self.model.vision(x + sigma * torch.randn(x.shape, generator=generator))[1]
            scores.append((1 + (noisy * embedding).sum(-1)) / 2)
        per_image = torch.stack(scores).mean(0)
        low, high = mean_interval(per_image.numpy())
        return {"mean": float(per_image.mean()), "low": low, "high": high, "lowestDecile": float(per_image.quantile(0.1)),
                "images": len(x), "draws": draws}  # fmt: skip

    def attacked(self, images: np.ndarray, rows: list[int], yes: np.ndarray, epsilon: float, steps: int = 20) -> np.ndarray:
        """Which of N answers are still right after linf PGD on the margin, one question an image.

        Gradients are taken in bfloat16; the worst iterate found then counts by its margin in float32.
        """
        x = _unit(images)
        sign = torch.from_numpy(np.where(yes, 1.0, -1.0)).float()
        lengths = torch.from_numpy(self.questions.lengths[rows])
        ids = torch.from_numpy(self.questions.ids[rows][:, : int(lengths.max())])
        place = torch.arange(ids.shape[1]).expand_as(ids)
        mask = causal_mask(ids.shape[1], ids.device).expand(len(ids), 1, -1, -1)
        embed = self.model.decoder.embed.weight
        direction = embed[self.words["yes"]] - embed[self.words["no"]]

        def margin(image: Tensor, some: slice) -> Tensor:
            tokens, _ = self.model.vision(image)
            hidden, _ = self.model.decoder.answers(ids[some], place[some], mask[some], lengths[some, None] - 1, tokens)
            return sign[some] * (hidden[:, 0].float() @ direction)

        return np.concatenate([
            self._survives(x[some], partial(margin, some=some), epsilon, steps).numpy()
            for some in (slice(i, min(i + BATCH, len(x))) for i in range(0, len(x), BATCH))
        ])  # fmt: skip

    @staticmethod
    def _survives(x: Tensor, margin: Callable[[Tensor], Tensor], epsilon: float, steps: int) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        delta = (torch.rand(x.shape, generator=generator) * 2 - 1) * epsilon
        worst, lowest = torch.zeros_like(x), torch.full((len(x),), torch.inf)
        for _ in range(steps):
            delta = ((x + delta).clamp(0, 1) - x).requires_grad_()
            with torch.autocast("cpu", torch.bfloat16):
                m = margin(x + delta)
            (gradient,) = torch.autograd.grad(m.sum(), delta)
            better = m.detach() < lowest
            worst[better], lowest[better] = delta.detach()[better], m.detach().float()[better]
            delta = (delta.detach() - epsilon / 8 * gradient.sign()).clamp(-epsilon, epsilon)
        last = (x + delta).clamp(0, 1)
        with torch.no_grad():
            survived = (margin(x) > 0) & (margin(x + worst) > 0) & (margin(last) > 0)
        return survived

    @torch.no_grad()
    def pointing(self, tokens: Tensor, cases: list[dict], masks: np.ndarray) -> dict:
        """Is the most attended token (last decoder layer, mean of heads) in the mask of a finding that was found?"""
        hits, chance = [], []
        for k, finding in enumerate(FINDINGS):
            row = self.plain("presence", finding)[0]
            present = [i for i, c in enumerate(cases) if any(f["kind"] == finding for f in c["findings"])]
            found = self.margins(tokens[present], [row])[:, 0] > 0
            line = [part.expand(len(present), *part.shape[1:]) for part in self._line([row])]
            peak = self.model.decoder.answers(*line, tokens[present])[1][:, 0].argmax(-1).numpy()
            inside = masks[present, k].reshape(len(present), -1) > 25
            usable = found & inside.any(-1)
            hits.append(inside[np.arange(len(present)), peak][usable])
            chance.append(inside.mean(-1)[usable])
        return {"hit": float(np.concatenate(hits).mean()), "chance": float(np.concatenate(chance).mean()),
                "byFinding": {f: [float(h.mean()), float(c.mean())] for f, h, c in zip(FINDINGS, hits, chance) if len(h)},
                "n": int(sum(map(len, hits)))}  # fmt: skip


def _unit(images: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(images)).float()[:, None] / 255


def precision_forms(examiner: Examiner, package: Path, images: np.ndarray, cases: list[dict], embedding: Tensor) -> dict:
    """The files as shipped, run by ONNX Runtime: AUC over findings, cosine to float, agreement of answers, bytes."""
    manifest = json.loads((package / "manifest.json").read_text())
    rows = [examiner.plain("presence", f)[0] for f in FINDINGS]
    tokens, _ = examiner.encode(images)
    reference = examiner.margins(tokens, rows) > 0
    columns = [examiner.words["yes"], examiner.words["no"]]
    out = {}
    for precision in sorted({f["precision"] for f in manifest["files"]}):
        vision, answer = (ort.InferenceSession(package / f"{role}.{precision}.onnx") for role in ("vision", "answer"))
        margins, cosines = [], []
        for image, expected in zip(images, embedding.numpy()):
            t, e = vision.run(None, {"image": _unit(image[None]).numpy()})
            cosines.append(float((e[0] * expected).sum()))
            case = []
            for row in rows:
                ids = examiner.questions.ids[row][None, : examiner.questions.lengths[row]]
                z = answer.run(None, {"ids": ids, "tokens": t})[0][0, -1, columns]
                case.append(z[0] - z[1])
            margins.append(case)
        z = np.array(margins)
        areas = [auc(z[:, k], np.array([any(f["kind"] == name for f in c["findings"]) for c in cases])) for k, name in enumerate(FINDINGS)]
        out[precision] = {
            "bytes": sum(f["bytes"] for f in manifest["files"] if f["precision"] == precision),
            "meanAuc": float(np.mean(areas)), "cosine": float(np.mean(cosines)),
            "flipRate": float(((z > 0) != reference).mean()), "images": len(images),
        }  # fmt: skip
    return out


def read(folder: Path, count: int) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """The first cases of a rendered folder, their images [N, 224, 224] and masks [N, K, 16, 16]."""
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    images = np.memmap(folder / "images.u8", np.uint8, "r").reshape(len(cases), 224, 224)
    masks = np.memmap(folder / "masks.u8", np.uint8, "r").reshape(len(cases), -1, 16, 16)
    return cases[:count], images[:count], masks[:count]


def nih(root: Path) -> tuple[np.ndarray, np.ndarray]:
    """All NIH images without their padding, centre-cropped and resampled; True for pneumonia."""
    images, sick = [], []
    for r in csv.DictReader(open(root / "index.csv")):
        x, y, w, h = (int(r[k]) for k in ("pad_x", "pad_y", "fit_width", "fit_height"))
        side = min(w, h)
        left, top = x + (w - side) // 2, y + (h - side) // 2
        picture = Image.open(root / r["file"]).convert("L").crop((left, top, left + side, top + side))
        images.append(np.asarray(picture.resize((224, 224), Image.Resampling.BOX)))
        sick.append(r["class"].lower() == "pneumonia")
    return np.stack(images), np.array(sick)


def questions_to_attack(cases: list[dict], examiner: Examiner, count: int) -> tuple[list[int], list[int], np.ndarray]:
    """(image, question, truth): findings in turn, present and absent in turn."""
    images, rows, yes, used = [], [], [], set()
    for k in range(count):
        finding, wanted = FINDINGS[k % len(FINDINGS)], (k // len(FINDINGS)) % 2 == 0
        for i, case in enumerate(cases):
            if i not in used and any(f["kind"] == finding for f in case["findings"]) == wanted:
                break
        used.add(i)
        images.append(i)
        rows.append(examiner.plain("presence", finding)[0])
        yes.append(wanted)
    return images, rows, np.array(yes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("checkpoint", "package", "data", "phantoms", "kermany", "nih"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--outside", type=Path, required=True, help="phantoms of parameter ranges that training never sees")
    parser.add_argument("--count", type=int, default=2000, help="phantoms for the findings")
    parser.add_argument("--attacked", type=int, default=120)
    parser.add_argument("--forms", type=int, default=100, help="phantoms on which each precision form is run")
    parser.add_argument("--split", default="test", help="Kermany split; val while developing")
    parser.add_argument("--realism", type=Path, help="JSON printed by penumbra_models.realism")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    # The fused kernel computes the same attention faster; exported graphs spell it out.
    Attention.fused = True
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    questions = Questions.load(args.data / "questions.jsonl", tokenizer)
    model = load(args.checkpoint, tokenizer.get_vocab_size()).requires_grad_(False)
    examiner = Examiner(model, tokenizer, questions)
    cases, images, masks = read(args.phantoms, args.count)
    tokens, embedding = examiner.encode(images)
    result: dict = {"phantoms": len(cases), "findings": examiner.findings(tokens, cases)}
    result["meanAuc"] = float(np.mean([f["auc"] for f in result["findings"].values()]))
    print(json.dumps(result, indent=1), flush=True)
    beyond, pictures, _ = read(args.outside, args.count)
    shifted = examiner.findings(examiner.encode(pictures)[0], beyond)
    result["outside"] = {"phantoms": len(beyond), "meanAuc": float(np.mean([f["auc"] for f in shifted.values()])),
                         "findings": {name: {k: f[k] for k in ("auc", "low", "high")} for name, f in shifted.items()}}  # fmt: skip
    result["questions"] = examiner.other_questions(tokens, cases)
    result["paraphrases"] = examiner.paraphrases(tokens[:100])
    result["reports"] = examiner.reports(tokens[:200], cases[:200])
    result["pointing"] = examiner.pointing(tokens[:600], cases[:600], masks[:600])
    test = Kermany(args.kermany, args.split)
    result["kermanyTest"] = {**examiner.pneumonia(test.images, test.labels), "baselines": KERMANY_BASELINES}
    result["nih"] = examiner.pneumonia(*nih(args.nih))
    result["gaussianScore"] = {str(s): examiner.gaussian_score(images[:NOISED], embedding[:NOISED], s, draws) for s, draws in DRAWS.items()}
    print(json.dumps({k: result[k] for k in list(result)[3:]}, indent=1), flush=True)
    picked, rows, yes = questions_to_attack(cases, examiner, args.attacked)
    result["attack"] = {"n": len(rows)}
    for k in (0, 1, 2, 4):
        survived = examiner.attacked(images[picked], rows, yes, k / 255, 20 if k else 0)
        low, high = wilson(int(survived.sum()), len(survived))
        result["attack"][f"{k}/255"] = {"accuracy": float(survived.mean()), "low": low, "high": high}
    if args.realism:
        result["realism"] = json.loads(args.realism.read_text())
    result["precisions"] = precision_forms(examiner, args.package, images[: args.forms], cases[: args.forms], embedding[: args.forms])
    print(json.dumps({k: result[k] for k in ("attack", "precisions")}, indent=1), flush=True)
    (args.package / "evaluation.json").write_text(json.dumps(result, indent=1) + "\n")
    write_card(args.package, result)


if __name__ == "__main__":
    main()
