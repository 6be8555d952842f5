"""Small random-weight encoders as Hugging Face optimum exports them (all axes dynamic), with PyTorch's input gradients.

Usage, in an environment of its own, because optimum lags behind transformers:
  uv venv optimum-env && uv pip install -p optimum-env/bin/python optimum-onnx "transformers<4.57" "torch==2.8.*" torchvision
  optimum-env/bin/python golden/optimum_exports.py OUT_DIR [NAME...]
Writes NAME/model.onnx, its forms as ONNX Runtime optimises them (basic.onnx, extended.onnx), and x.npy, cotangent.npy and
gradient.npy for `lab vjp --wrt pixel_values`; the gradient is d(sum of first output * cotangent)/dx in float64.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import transformers
from optimum.exporters.onnx import main_export

VIT = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
SMALL = dict(image_size=32, patch_size=8, **VIT)

#: Class, configuration class, its arguments, side of the image, task.
MODELS = {
    "vit": ("ViTModel", "ViTConfig", SMALL, 32, "feature-extraction"),
    "vit-classifier": ("ViTForImageClassification", "ViTConfig", {**SMALL, "num_labels": 5}, 32, "image-classification"),
    "deit": ("DeiTModel", "DeiTConfig", SMALL, 32, "feature-extraction"),
    "beit": ("BeitModel", "BeitConfig", SMALL, 32, "feature-extraction"),
    "clip": ("CLIPVisionModel", "CLIPVisionConfig", SMALL, 32, "feature-extraction"),
    "dinov2": (
        "Dinov2Model", "Dinov2Config",
        dict(image_size=56, patch_size=14, hidden_size=32, num_hidden_layers=2, num_attention_heads=4), 56,
        "feature-extraction",
    ),
    "swin": (
        "SwinModel", "SwinConfig",
        dict(image_size=64, patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4), 64,
        "feature-extraction",
    ),
    "convnext": (
        "ConvNextModel", "ConvNextConfig", dict(hidden_sizes=[16, 24, 32, 40], depths=[1, 1, 2, 1], image_size=64), 64,
        "feature-extraction",
    ),
    "resnet": (
        "ResNetModel", "ResNetConfig", dict(embedding_size=16, hidden_sizes=[16, 24, 32, 40], depths=[1, 1, 1, 1]), 64,
        "feature-extraction",
    ),
}


def write(name, directory):
    kind, config_kind, arguments, side, task = MODELS[name]
    torch.manual_seed(1)
    config = getattr(transformers, config_kind)(**arguments)
    config._attn_implementation = "eager"
    model = getattr(transformers, kind)(config).eval()
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    source, target = directory / "source" / name, directory / name
    model.save_pretrained(source)
    transformers.ViTImageProcessor(size={"height": side, "width": side}).save_pretrained(source)
    main_export(str(source), output=str(target), task=task, do_validation=False)
    optimized_forms(target)

    image = torch.rand(1, 3, side, side)
    wrt = image.double().requires_grad_(True)
    first = model.double()(wrt)[0]
    cotangent = torch.randn(first.shape)
    (first * cotangent.double()).sum().backward()
    for label, tensor in (("x", image), ("cotangent", cotangent), ("gradient", wrt.grad.float())):
        np.save(target / f"{label}.npy", tensor.numpy())


def optimized_forms(target):
    levels = onnxruntime.GraphOptimizationLevel
    for label, level in (("basic", levels.ORT_ENABLE_BASIC), ("extended", levels.ORT_ENABLE_EXTENDED)):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.optimized_model_filepath = str(target / f"{label}.onnx")
        onnxruntime.InferenceSession(str(target / "model.onnx"), options, providers=["CPUExecutionProvider"])


def main():
    directory = Path(sys.argv[1])
    for name in sys.argv[2:] or MODELS:
        write(name, directory)
        print(name, "ok", flush=True)


if __name__ == "__main__":
    main()
