"""Trains connector and decoder of the small LLaVA on cached image tokens; resumable, seeded, by steps.

uv run python -m penumbra_models.vlm_train --base BASE.pt --data data --sets train --features runs/features --adult DIR --out runs/llava --steps 1500
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .losses import COVERED, SIDES
from .network import TOKENS, Attention
from .sampler import Drawn
from .train import adamw, descend, rate_at
from .vlm_batches import Films, LlavaBatch, LlavaBatches
from .vlm_network import LanguageConfig, SmallLlava

LOOKING = 0.05
"""Weight of the loss that tells attention where the finding is."""
LOOKS_FROM = 1
"""First layer whose attention is told."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="checkpoint whose decoder's embeddings the words start from")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--adult", type=Path)
    parser.add_argument("--validation", default="watched", help="rendered set with cached tokens, watched every 250 steps")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--decay", type=int, default=500)
    parser.add_argument("--batch", type=int, nargs=2, default=(8, 4), metavar=("PHANTOMS", "FILMS"))
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=61)
    train(parser.parse_args())


def forward(model: SmallLlava, batch: LlavaBatch) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Hidden rows of the text [B, N, W], and each layer's queries of those rows and keys."""
    image = model.connector(batch.tokens)
    lead = model.model.embed_tokens(batch.prefix).expand(len(image), -1, -1).to(image.dtype)
    text = model.model.embed_tokens(batch.ids).to(image.dtype)
    return model.hidden(torch.cat([lead, image, text], 1), batch.positions(), batch.mask(), batch.lead)


def losses(model: SmallLlava, batch: LlavaBatch) -> tuple[Tensor, tuple[Tensor, ...]]:
    with torch.autocast("cpu", torch.bfloat16):
        hidden, looked = forward(model, batch)
        told = batch.target >= 0
        logits = model.lm_head(hidden[told]).float()
    each = F.cross_entropy(logits, batch.target[told], reduction="none")
    weight = batch.weight[told]
    sentences = (each * weight).sum() / len(batch.answers)
    picture, place, word, other = batch.answers[:, :4].long().T
    sure = batch.answers[:, 4]
    with torch.autocast("cpu", torch.bfloat16):
        decisive = model.lm_head(hidden[picture, place]).float()
    logs = decisive.log_softmax(-1)
    said, opposite = (logs.gather(-1, ids[:, None])[:, 0] for ids in (word, other))
    answer = -(sure * said + (1 - sure) * opposite).mean()
    right = (decisive.argmax(-1) == word).float().mean()
    looking = looking_loss(looked, batch, len(batch.prefix)) if batch.tokens.shape[1] else torch.zeros(())
    return answer + sentences + LOOKING * looking, (answer, right, sentences, looking)


def looking_loss(looked: list[tuple[Tensor, Tensor]], batch: LlavaBatch, lead: int) -> Tensor:
    """Minus the log of the share of attention to the picture that falls on what is there and asked about, averaged over layers."""
    picture, place, kind, half = batch.answers[:, [0, 1, 5, 6]].long().T
    wanted = (batch.masks[picture, kind.clamp(min=0)] > COVERED).float() * SIDES[half]
    counts = (kind >= 0) & (wanted.amax(-1) > 0)
    if not counts.any():
        return torch.zeros(())
    picture, place, wanted = picture[counts], place[counts], wanted[counts]
    total = torch.zeros(())
    for q, k in looked[LOOKS_FROM:]:
        scores = torch.einsum("ahd,ahkd->ahk", q[picture, :, place].float(), k[picture, :, lead : lead + TOKENS].float())
        share = (scores.softmax(-1).mean(1) * wanted).sum(-1)
        total = total - (share + 1e-3).log().mean()
    return total / len(looked[LOOKS_FROM:])


@torch.no_grad()
def measure(model: SmallLlava, batches: LlavaBatches, films: Films, count: int) -> dict[str, float]:
    """Share of right first words of plain trained questions about `count` unseen phantoms, by type of question, and AUC over presence."""
    yes, no = (batches.writer.ids(w)[0] for w in ("yes", "no"))
    right: dict[str, list[bool]] = {}
    margins: dict[str, list[tuple[float, bool]]] = {}
    rng = np.random.default_rng(7)
    for i in range(count):
        lines, about = [], []
        for group, options in batches.sampler.case(films.answers[i]).items():
            key, answer, _ = options[0]
            wordings = batches.sampler.wordings[key]
            row = batches.questions.rows[int(wordings[rng.integers(len(wordings))])]
            lines.append(batches.writer.line(row["text"], answer, "", Drawn(0, answer, -1, 0)))
            about.append((group, answer, row["polarity"]))
        batch = batches.writer.pack(films.tokens[i][None], films.masks[i][None], [lines])
        with torch.autocast("cpu", torch.bfloat16):
            hidden, _ = forward(model, batch)
            logits = model.lm_head(hidden[0, batch.answers[:, 1].long()]).float()
        for (group, answer, polarity), row_logits, target in zip(about, logits, batch.answers[:, 2].long(), strict=True):
            kind = group.split()[0]
            right.setdefault(kind, []).append(bool(row_logits.argmax() == target))
            if kind == "presence":
                margin = float(row_logits[yes] - row_logits[no]) * polarity
                margins.setdefault(group, []).append((margin, (answer == "yes") == (polarity == 1)))
    areas = [area(np.array(pairs)) for pairs in margins.values()]
    return {**{k: round(float(np.mean(v)), 3) for k, v in right.items()}, "auc": round(float(np.nanmean(areas)), 4)}


def area(pairs: np.ndarray) -> float:
    """Area under the ROC curve of [N, 2] (score, is positive)."""
    yes, no = pairs[pairs[:, 1] == 1, 0], pairs[pairs[:, 1] == 0, 0]
    return float(np.nan if not len(yes) or not len(no) else (np.sign(yes[:, None] - no).mean() + 1) / 2)


def train(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True) if checkpoint.exists() else None
    step = state["step"] if state else 0
    torch.manual_seed(args.seed)
    batches = LlavaBatches(args.data, args.features, args.sets, args.adult, tuple(args.batch), args.seed + step)
    films = Films(args.data, args.features, args.validation, 128) if args.validation else None
    config = LanguageConfig(vocabulary=batches.tokenizer.get_vocab_size())
    model = SmallLlava(config)
    base = torch.load(args.base, map_location="cpu", weights_only=True)["model"]["decoder.embed.weight"].float()
    with torch.no_grad():
        model.model.embed_tokens.weight[: len(base), : base.shape[1]] = base
        model.lm_head.weight[: len(base), : base.shape[1]] = base
    optimizer = adamw(model, args.rate)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    if state:
        model.load_state_dict(state["live"])
        optimizer.load_state_dict(state["optimizer"])
        average = state["model"]
    history, began, first = [], time.time(), step
    while step < args.steps:
        loss, shown = losses(model, batches.draw())
        descend(loss, (optimizer, list(model.parameters())), args.rate * rate_at(step, args.steps, args.decay, 60))
        step += 1
        keep = min(0.99, step / (step + 20))
        with torch.no_grad():
            live = model.state_dict()
            torch._foreach_lerp_(list(average.values()), [live[k] for k in average], 1 - keep)
        history.append([x.item() for x in shown])
        if step % 25 == 0:
            means = dict(zip(("answer", "right", "sentences", "looking"), np.mean(history[-25:], 0).round(4).tolist(), strict=True))
            print(json.dumps({"step": step, "s_per_step": round((time.time() - began) / (step - first), 2), **means}), flush=True)
        if films and (step % 250 == 0 or step == args.steps):
            live = {k: v.clone() for k, v in model.state_dict().items()}
            model.load_state_dict(average)
            print(json.dumps({"step": step, "validation": measure(model, batches, films, 100)}), flush=True)
            model.load_state_dict(live)
        if step % 50 == 0 or step == args.steps:
            partial = checkpoint.with_suffix(".partial")
            torch.save({"model": average, "live": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "config": config.as_dict()}, partial)
            partial.replace(checkpoint)


if __name__ == "__main__":
    main()
