"""Fine-tunes the image encoder of a trained model against noise or attacks; text encoder and decoder stay as they are.

uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against noise --out runs/noise
uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against attack --out runs/robust
uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against fare --epsilon 2 --out runs/fare-2

uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against tecoa --epsilon 2 --out runs/tecoa-2
uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against disturbances --out runs/augmented

The disturbed image's features are drawn to the frozen original's features of the clean image, and, for `noise` and `attack`, the frozen
decoder must still answer right from them (adversarial training, Madry et al. 2018). `fare` is features alone, in the attack as in the loss
(Schlarmann et al. 2024): no answer and no label is ever read. `tecoa` is text alone, in the attack as in the loss (Mao et al. 2023): the
attacked picture's embedding must be nearest to its own report's among others. Nothing holds the tokens that the decoder reads, and real films,
which have no report, are left out.

`disturbances` and `nothing` are a pair, with and without heavy augmentation (`disturb.TRAINED`) and all else equal: the pictures, the steps, the
features of the frozen original and the answers. `contrast` has no answer and no original: a picture's embedding must be told from the others' by
that of its disturbed copy (InfoNCE), which may collapse; `evaluate` and `bands_evaluate.spread` look.
"""

import argparse
import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .batches import REPORTS_PER_BATCH, Batch, Batches
from .disturb import disturb
from .losses import answer_loss, feature_loss, info_nce
from .network import Captioner, Vision
from .train import run_processes, training_arguments
from .tuning import Losses, Tuning, add_start, tune_part

LARGEST_SIGMA = 0.25
AGAINST = ("noise", "attack", "fare", "tecoa", "disturbances", "nothing", "contrast")
TEXTS = 64
"""Reports among which `tecoa` tells a picture's own."""


def add_noise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise up to LARGEST_SIGMA, at which guarantees are drawn, and the more often the nearer to it; not clipped: certificates sample without clipping too."""
    sigma = torch.rand(len(images), 1, 1, 1, generator=generator).sqrt() * LARGEST_SIGMA
    return images + sigma * torch.randn(images.shape, generator=generator)


def attack(model: Captioner, batch: Batch, images: Tensor, reference: tuple[Tensor, Tensor], epsilon: float, generator: torch.Generator) -> Tensor:
    """One large step from a random start (linf) against features and answers together; a fifth of the images stays clean."""
    delta = (torch.rand(images.shape, generator=generator) * 2 - 1) * epsilon
    delta.requires_grad_()
    loss, _, _ = losses(model, batch, images + delta, reference)
    (gradient,) = torch.autograd.grad(loss, delta)
    delta = (delta.detach() + 1.25 * epsilon * gradient.sign()).clamp(-epsilon, epsilon)
    delta[::5] = 0
    return (images + delta).clamp(0, 1)


def feature_distance(got: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor]) -> Tensor:
    """FARE's squared distance, summed over features and not averaged: of tokens [B, 256, D] (mean over tokens) and embeddings [B, E]; a number an image."""
    tokens, embedding = ((a.float() - b.float()).square().sum(-1) for a, b in zip(got, reference, strict=True))
    return tokens.mean(-1) + embedding


def feature_attack(vision: Vision, images: Tensor, reference: tuple[Tensor, Tensor], budget: tuple[float, int], generator: torch.Generator) -> Tensor:
    """Projected gradient ascent (linf) on the features' distance; budget: epsilon and steps. A random start: at the picture itself the gradient is zero."""
    return ascend(images, lambda x: feature_distance(vision(x), reference), budget, generator)


def ascend(images: Tensor, harm: Callable[[Tensor], Tensor], budget: tuple[float, int], generator: torch.Generator) -> Tensor:
    epsilon, steps = budget
    # One step goes a little beyond the ball, as "fast" adversarial training does (Wong, Rice, Kolter 2020); several share a way of 2.5 of its radius.
    length = epsilon * (1.25 if steps == 1 else 2.5 / steps)
    delta = (torch.rand(images.shape, generator=generator) * 2 - 1) * epsilon
    for _ in range(steps):
        delta = ((images + delta).clamp(0, 1) - images).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            total = harm(images + delta).sum()
        (gradient,) = torch.autograd.grad(total, delta)
        delta = (delta.detach() + length * gradient.sign()).clamp(-epsilon, epsilon)
    return (images + delta).clamp(0, 1)


@dataclass
class Classes:
    """The reports that a picture's embedding is told apart by: unit vectors [K, E] of the frozen text encoder, and the share of each in picture b's target [B, K]."""

    text: Tensor
    target: Tensor
    scale: Tensor

    @torch.no_grad()
    @staticmethod
    def of(model: Captioner, own: Tensor, others: Tensor) -> "Classes":
        """own [B, T] and others [K - B, T]: reports as ids; pictures with the same report are each other's class too."""
        ids = torch.cat([own, others])
        same = (own[:, None] == ids[None]).all(-1).float()
        return Classes(model.text(ids).float(), same / same.sum(1, keepdim=True), model.log_scale.exp().clamp(max=60))

    def loss(self, embedding: Tensor) -> Tensor:
        """Cross-entropy of each picture, [B]."""
        logits = self.scale * embedding.float() @ self.text.T
        return -(self.target * logits.log_softmax(1)).sum(1)


def text_attack(vision: Vision, images: Tensor, classes: Classes, budget: tuple[float, int], generator: torch.Generator) -> Tensor:
    """TeCoA's attack: projected gradient ascent (linf) on the cross-entropy of the texts."""
    return ascend(images, lambda x: classes.loss(vision(x)[1]), budget, generator)


def losses(model: Captioner, batch: Batch, disturbed: Tensor, reference: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    n = len(batch.masks)
    with torch.autocast("cpu", torch.bfloat16):
        tokens, embedding = model.vision(disturbed)
        features = feature_loss(tokens, embedding, *reference)
        answers, right, _ = answer_loss(model, tokens[:n], batch.asked)
        real, _, _ = answer_loss(model, tokens[n:], batch.asked_real)
    return features + 1.5 * answers + 0.35 * real, features, right


def main() -> None:
    parser = training_arguments(__doc__, steps=600, batch=16, rate=1e-3, seed=2)
    add_start(parser)
    parser.add_argument("--against", choices=AGAINST, required=True)
    parser.add_argument("--epsilon", type=float, default=4, help="of attacks, in 1/255")
    parser.add_argument("--attack-steps", type=int, default=2, help="of the attack of `fare` and `tecoa`")
    run_processes(tune, parser.parse_args())


def tune(rank: int, args: argparse.Namespace) -> None:
    def prepared(model: Captioner, batches: Batches) -> Losses:
        teacher = copy.deepcopy(model.vision).requires_grad_(False)
        return lambda batch: step_losses(args, (model, teacher), batch, batches)

    told = args.batch if args.against == "tecoa" else REPORTS_PER_BATCH
    tune_part(rank, args, Tuning("vision", ("features", "right"), prepared, told))


def step_losses(args: argparse.Namespace, networks: tuple[Captioner, Vision], batch: Batch, batches: Batches) -> tuple[Tensor, Tensor, Tensor]:
    """One step's loss, and beside it the distance of features and the share of right answers where they are part of it."""
    model, teacher = networks
    images = batch.images.contiguous(memory_format=torch.channels_last)
    budget, none = (args.epsilon / 255, args.attack_steps), torch.tensor(float("nan"))
    if args.against == "tecoa":
        images = images[: len(batch.report_ids)]
        classes = Classes.of(model, batch.report_ids, batches.any_reports(TEXTS - len(images)))
        disturbed = text_attack(model.vision, images, classes, budget, batches.generator)
        with torch.autocast("cpu", torch.bfloat16):
            embedding = model.vision(disturbed)[1]
        return classes.loss(embedding).mean(), none, none
    if args.against == "contrast":
        disturbed = disturb(images, batches.generator)
        with torch.autocast("cpu", torch.bfloat16):
            loss = info_nce(model.vision(images)[1], model.vision(disturbed)[1])
        return loss, none, none
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        reference = teacher(images)
    if args.against == "fare":
        disturbed = feature_attack(model.vision, images, reference, budget, batches.generator)
        with torch.autocast("cpu", torch.bfloat16):
            loss = feature_distance(model.vision(disturbed), reference).mean()
        return loss, loss, none
    return losses(model, batch, changed(args.against, model, batch, (images, reference, budget[0]), batches.generator), reference)


def changed(against: str, model: Captioner, batch: Batch, seen: tuple[Tensor, tuple[Tensor, Tensor], float], generator: torch.Generator) -> Tensor:
    """The pictures as the tuned encoder gets them. seen: the pictures, the original's features of them, and an attack's epsilon."""
    images, reference, epsilon = seen
    if against == "attack":
        return attack(model, batch, images, reference, epsilon, generator)
    if against == "noise":
        return add_noise(images, generator)
    # Drawn for both of the pair, so that what is drawn after it is the same.
    disturbed = disturb(images, generator)
    return images if against == "nothing" else disturbed


if __name__ == "__main__":
    main()
