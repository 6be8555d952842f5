"""The small LLaVA in three stages, each a checkpoint of its own: contrast, connector, instruction; resumable, seeded, by steps.

uv run python -m penumbra_models.stages --base BASE.pt --data data --sets train --features runs/features --adult DIR --out runs/stages

The image encoder is the base model's and frozen throughout (its tokens are cached), so what a stage learns stands in its own parameters:

- `text`, before the three: the decoder learns the language of questions, answers and reports with no picture in front of it. It is what a
  language model is that knows words and has never seen.
- `contrast`: the connector, with a pooling query and a text tower that are thrown away afterwards, learns which captions are true of a picture
  (sigmoid loss over pairs, as SigLIP). The decoder is not there.
- `connector`: the connector goes on, now in front of the decoder, which is frozen.
- `instruction`: connector and decoder learn to answer questions and to write reports.
- `direct`, the control: connector and decoder from `text` on, by the loss of `instruction`, for as many steps with pictures before the decoder as
  the last two stages together, with no stage before.

Each writes OUT/STAGE/checkpoint.pt in the form of `vlm_train`, so that `vlm_export` makes a folder of it that the lab opens.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .network import Attention
from .siglip_network import PairConfig, PoolingHead, TextTower, sigmoid_loss, unit
from .siglip_train import Pairs
from .train import adamw, descend, rate_at
from .vlm_batches import LlavaBatches
from .vlm_network import LanguageConfig, SmallLlava
from .vlm_train import losses


@dataclass(frozen=True)
class Stage:
    """before: the stage whose connector and decoder it starts from. learns: what of them moves. size: phantoms and films of a step."""

    name: str
    before: str | None
    learns: tuple[str, ...]
    steps: int
    size: tuple[int, int]
    rate: float = 2e-3


LANGUAGE = ("model", "lm_head")
STAGES = (
    Stage("text", None, LANGUAGE, 150, (16, 8)),
    Stage("contrast", "text", ("connector",), 200, (40, 16)),
    Stage("connector", "contrast", ("connector",), 150, (8, 4)),
    Stage("instruction", "connector", ("connector", *LANGUAGE), 350, (8, 4)),
    Stage("direct", "text", ("connector", *LANGUAGE), 500, (8, 4)),
)
SEED = 101


class Aligned(nn.Module):
    """What contrast adds to the connector: one learnt query that pools its tokens, a text tower, and the pair's scale and bias."""

    def __init__(self, c: PairConfig) -> None:
        super().__init__()
        self.c, self.pool, self.text = c, PoolingHead(c), TextTower(c)
        self.logit_scale, self.logit_bias = nn.Parameter(torch.tensor(2.3)), nn.Parameter(torch.tensor(-4.0))

    def image(self, connector: nn.Module, tokens: Tensor) -> Tensor:
        """Unit vectors [B, W] of encoder tokens [B, 256, D]."""
        return unit(self.pool(connector(tokens)))

    def words(self, ids: Tensor) -> Tensor:
        """Unit vectors [T, W] of captions."""
        return unit(self.text(ids))

    def pairs(self, image: Tensor, text: Tensor) -> Tensor:
        return image @ text.T * self.logit_scale.exp() + self.logit_bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="checkpoint whose decoder's embeddings the words start from")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["train"])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of every stage's steps, for a shorter run")
    parser.add_argument("--only", choices=[s.name for s in STAGES], nargs="+", help="these stages; those they start from must be there")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Attention.fused = True
    for stage in STAGES:
        if args.only is None or stage.name in args.only:
            train(args, stage)


def start(args: argparse.Namespace, stage: Stage, vocabulary: int) -> SmallLlava:
    """The stage before, or new weights whose words are the base model's."""
    torch.manual_seed(SEED)
    model = SmallLlava(LanguageConfig(vocabulary=vocabulary))
    if stage.before:
        model.load_state_dict(torch.load(args.out / stage.before / "checkpoint.pt", weights_only=True)["model"])
        return model
    base = torch.load(args.base, map_location="cpu", weights_only=True)["model"]["decoder.embed.weight"].float()
    with torch.no_grad():
        model.model.embed_tokens.weight[: len(base), : base.shape[1]] = base
        model.lm_head.weight[: len(base), : base.shape[1]] = base
    return model


def aligned(model: SmallLlava) -> Aligned:
    """Contrast's own parts, new; words start from the decoder's."""
    torch.manual_seed(SEED + 1)
    head = Aligned(PairConfig(vocabulary=model.c.vocabulary, width=model.c.width))
    with torch.no_grad():
        head.text.embed.weight.copy_(model.model.embed_tokens.weight)
    return head


def choose(model: SmallLlava, learns: tuple[str, ...]) -> int:
    """Leaves the gradient to what learns; the number of its parameters."""
    count = 0
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.split(".")[0] in learns)
        count += parameter.numel() * parameter.requires_grad
    return count


def train(args: argparse.Namespace, stage: Stage) -> None:
    folder, steps = args.out / stage.name, max(1, round(stage.steps * args.share))
    done, live = folder / "checkpoint.pt", folder / "live.pt"
    if done.exists():
        print(json.dumps({"stage": stage.name, "done": True}), flush=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    contrast = stage.name == "contrast"
    seed = SEED + 10 * [s.name for s in STAGES].index(stage.name)
    batches = LlavaBatches(args.data, args.features, args.sets, args.adult, stage.size, seed)
    model = start(args, stage, batches.tokenizer.get_vocab_size())
    learning, head = choose(model, stage.learns), aligned(model) if contrast else None
    both = nn.ModuleDict({"model": model, **({"head": head} if head else {})})
    optimizer = adamw(both, stage.rate)
    step, seconds = 0, 0.0
    if live.exists():
        state = torch.load(live, weights_only=True)
        both.load_state_dict(state["both"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds = state["step"], state["seconds"]
    pairs = Pairs(argparse.Namespace(**vars(args), batch=stage.size, seed=seed), head.c.length) if head else None
    moving = [p for p in both.parameters() if p.requires_grad]
    began, recent = time.process_time() - seconds, list[float]()
    while step < steps:
        if pairs and head:
            # The draws of a step do not depend on where a run was cut off.
            pairs.rng = pairs.sampler.rng = np.random.default_rng((seed, step))
            loss = contrast_loss(model, head, pairs.draw())
        else:
            batches.rng = batches.sampler.rng = batches.adult_sampler.rng = np.random.default_rng((seed, step))
            batch = batches.draw()
            loss = losses(model, replace(batch, tokens=batch.tokens[:, :0]) if stage.name == "text" else batch)[0]
        descend(loss, (optimizer, moving), stage.rate * rate_at(step, steps, steps // 2, 20))
        step, seconds = step + 1, time.process_time() - began
        recent.append(loss.item())
        if step % 25 == 0 or step == steps:
            print(json.dumps({"stage": stage.name, "step": step, "loss": round(float(np.mean(recent[-25:])), 4), "seconds": round(seconds)}), flush=True)
            partial = live.with_suffix(".partial")
            torch.save({"both": both.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": seconds}, partial)
            partial.replace(live)
    told = {"stage": stage.name, "before": stage.before, "parameters": learning, "steps": steps, "seed": seed, "seconds": seconds}
    state = {"model": model.state_dict(), "step": steps, "config": model.c.as_dict(), **told, **({"head": head.state_dict()} if head else {})}
    torch.save(state, done)
    live.unlink()


def contrast_loss(model: SmallLlava, head: Aligned, drawn: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Sigmoid loss of every picture with every caption whose truth is known."""
    tokens, ids, wanted = drawn
    with torch.autocast("cpu", torch.bfloat16):
        logits = head.pairs(head.image(model.connector, tokens), head.words(ids)).float()
    return sigmoid_loss(logits, wanted)


if __name__ == "__main__":
    main()
