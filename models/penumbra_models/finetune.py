"""Fine-tunes the image encoder of a trained model against noise or attacks; text encoder and decoder stay as they are.

uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against noise --out runs/noise
uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against attack --out runs/robust
uv run python -m penumbra_models.finetune --init runs/base/checkpoint.pt --data data --adult DIR --kermany DIR --against fare --epsilon 2 --out runs/fare-2

The disturbed image's features are drawn to the frozen original's features of the clean image, and, for `noise` and `attack`, the frozen
decoder must still answer right from them (adversarial training, Madry et al. 2018). `fare` is features alone, in the attack as in the loss
(Schlarmann et al. 2024): no answer and no label is ever read.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .batches import Batch, Batches
from .export import load
from .losses import answer_loss, feature_loss
from .network import Captioner, Vision
from .train import adamw, average_gradients, meet, rate_at, run_processes, training_arguments

LARGEST_SIGMA = 0.25


def add_noise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise, sigma uniform up to LARGEST_SIGMA, not clipped: certificates sample without clipping too."""
    sigma = torch.rand(len(images), 1, 1, 1, generator=generator) * LARGEST_SIGMA
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
    epsilon, steps = budget
    delta = (torch.rand(images.shape, generator=generator) * 2 - 1) * epsilon
    for _ in range(steps):
        delta = ((images + delta).clamp(0, 1) - images).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            distance = feature_distance(vision(images + delta), reference)
        (gradient,) = torch.autograd.grad(distance.sum(), delta)
        delta = (delta.detach() + 2.5 * epsilon / steps * gradient.sign()).clamp(-epsilon, epsilon)
    return (images + delta).clamp(0, 1)


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
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--against", choices=["noise", "attack", "fare"], required=True)
    parser.add_argument("--epsilon", type=float, default=4, help="of attacks, in 1/255")
    parser.add_argument("--attack-steps", type=int, default=2, help="of `fare`'s attack on the features")
    run_processes(tune, parser.parse_args())


def tune(rank: int, args: argparse.Namespace) -> None:
    meet(rank, args.processes, args.out)
    torch.manual_seed(args.seed)
    batches = Batches(args.data, args.sets, (args.adult, args.kermany), args.batch, args.seed + 1000 * rank)
    model = load(args.init, batches.tokenizer.get_vocab_size()).to(memory_format=torch.channels_last)
    teacher = copy.deepcopy(model.vision).requires_grad_(False)
    model.requires_grad_(False)
    # Batch norms keep the statistics of clean images: `load` leaves the model in evaluation mode.
    model.vision.requires_grad_(True)
    optimizer = adamw(model, args.rate)
    parameters = list(model.vision.parameters())
    average = {k: v.detach().clone() for k, v in model.vision.state_dict().items() if v.is_floating_point()}
    history = []
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate_at(step, args.steps, args.steps // 2)
        batch = batches.draw()
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            reference = teacher(images)
        if args.against == "noise":
            disturbed = add_noise(images, batches.generator)
        elif args.against == "fare":
            disturbed = feature_attack(model.vision, images, reference, (args.epsilon / 255, args.attack_steps), batches.generator)
        else:
            disturbed = attack(model, batch, images, reference, args.epsilon / 255, batches.generator)
        if args.against == "fare":
            with torch.autocast("cpu", torch.bfloat16):
                loss = feature_distance(model.vision(disturbed), reference).mean()
            features, right = loss, torch.tensor(float("nan"))
        else:
            loss, features, right = losses(model, batch, disturbed, reference)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(parameters, args.processes)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            live = model.vision.state_dict()
            keep = min(0.98, step / (step + 10))
            torch._foreach_lerp_(list(average.values()), [live[k] for k in average], 1 - keep)
        history.append((loss.item(), features.item(), right.item()))
        if (step + 1) % 25 == 0 and rank == 0:
            total_loss, distance, share = np.mean(history[-25:], axis=0)
            print(json.dumps({"step": step + 1, "loss": round(total_loss, 4), "features": round(distance, 4), "right": round(share, 4)}), flush=True)
    model.vision.load_state_dict(average, strict=False)
    if rank == 0:
        torch.save({"model": model.state_dict(), "step": args.steps}, args.out / "checkpoint.pt")


if __name__ == "__main__":
    main()
