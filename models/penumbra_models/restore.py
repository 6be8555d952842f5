"""A checkpoint out of a model package, for measuring or fine-tuning where the training run itself is gone.

uv run python -m penumbra_models.restore --package ../public/models/base --images data/train/images.u8 --out runs/base/checkpoint.pt

Weights are the package's float16 ones. Batch normalisation was folded into the convolutions at export; it comes back as the
identity with the folded bias; `--images` gives it the statistics of pictures, so that training, which normalises by the batch,
starts from the same function. The auxiliary heads are not part of a package and start anew.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer

from .network import Captioner, Config

GRAPHS = {"vision": "vision", "answer": "decoder", "text": "text"}


def named_weights(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """Parameters by their name in the network: stored under it, or, for the transposed ones of products, told by the bias
    that is added next."""
    stored = {i.name.removesuffix("/fp16"): numpy_helper.to_array(i) for i in model.graph.initializer}
    weights = {name: torch.from_numpy(array.copy()).float() for name, array in stored.items() if array.dtype.kind == "f"}
    added = {name: node for node in model.graph.node if node.op_type == "Add" for name in node.input}
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.output[0] not in added:
            continue
        factor = node.input[1].removesuffix("/fp32")
        bias = next((name for name in added[node.output[0]].input if name.endswith(".bias")), None)
        if bias is not None and factor in weights:
            weights[bias.removesuffix("bias") + "weight"] = weights[factor].T.contiguous()
    return weights


def restore(package: Path, config: Config | None = None) -> Captioner:
    """The network of a package, in evaluation mode; `config` where its sizes are not the usual ones."""
    vocabulary = Tokenizer.from_file(str(package / "tokenizer.json")).get_vocab_size()
    network = Captioner(config or Config(vocabulary=vocabulary)).eval()
    state = network.state_dict()
    for graph, part in GRAPHS.items():
        weights = named_weights(onnx.load(package / f"{graph}.fp16.onnx"))
        for name in [n for n in state if n.startswith(f"{part}.")]:
            own = name.removeprefix(f"{part}.")
            if own in weights and weights[own].shape == state[name].shape:
                state[name] = weights[own]
            elif (folded := folded_norm(own, weights, state[name])) is not None:
                state[name] = folded
            else:
                raise SystemExit(f"{package.name}/{graph} has no {own} of shape {tuple(state[name].shape)}.")
    network.load_state_dict(state)
    return network


def folded_norm(name: str, weights: dict[str, torch.Tensor], old: torch.Tensor) -> torch.Tensor | None:
    """What makes a batch normalisation the identity but for the bias of the convolution it was folded into."""
    owner, _, kind = name.rpartition(".")
    convolution = owner.replace("bn", "conv") if owner.startswith("bn") else owner.removesuffix("norm") + "conv"
    if f"{convolution}.bias" not in weights:
        return None
    values = {
        "weight": torch.ones_like(old),
        "bias": weights[f"{convolution}.bias"],
        "running_mean": torch.zeros_like(old),
        "running_var": torch.full_like(old, 1 - 1e-5),
        "num_batches_tracked": old,
    }
    return values.get(kind)


@torch.no_grad()
def measure_norms(network: Captioner, images: torch.Tensor) -> None:
    """Gives every batch normalisation the mean and variance of what reaches it, and scale and shift that undo them."""

    def measure(norm: torch.nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        if norm.running_mean is None or norm.running_var is None:
            raise ValueError("A batch normalisation without statistics cannot be measured.")
        mean, variance = inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)

    norms = [m for m in network.vision.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    network.vision(images)
    for hook in hooks:
        hook.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--images", type=Path, help="images.u8 of a rendered set, to measure batch normalisation on")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    network = restore(args.package)
    if args.images:
        pictures = np.fromfile(args.images, np.uint8, 256 * 224 * 224).reshape(-1, 1, 224, 224)
        measure_norms(network, torch.from_numpy(pictures).float() / 255)
    weights = network.state_dict()
    # "live" is what a further phase of training starts from.
    torch.save({"model": weights, "live": weights, "step": 0}, args.out)


if __name__ == "__main__":
    main()
