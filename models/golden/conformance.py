"""Exports small random-weight vision models in both exporter styles, with the input gradients PyTorch computes for them.

Usage: python golden/conformance.py OUT_DIR [NAME...]
Writes per model and exporter NAME.EXPORTER.onnx, and NAME.json {shape, image, outputs, cotangents, gradient}, where the
gradient is d(sum of output * cotangent)/d(image) in float64 arithmetic on the float32 weights.
XCiT is left out: the gradient that PyTorch returns for timm's xcit_nano contradicts PyTorch's own central differences.
A single activation within 1e-7 of a ReLU's kink can move a result by some 1e-3 of the largest gradient (seen for
DenseNet in one exporter and not the other, and on no other image): take another seed before suspecting a rule.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

warnings.filterwarnings("ignore")


class Outputs(nn.Module):
    """A model whose output is a tuple of plain tensors."""

    def __init__(self, model, pick):
        super().__init__()
        self.model = model
        self.pick = pick

    def forward(self, image):
        return self.pick(self.model(image))


def timm_model(name, size, channels=3, **arguments):
    import timm

    model = timm.create_model(name, pretrained=False, in_chans=channels, **arguments)
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False
    return model, (1, channels, size, size)


def hf_model(kind, config_kind, size, channels=3, pick=None, **config):
    import transformers

    configuration = getattr(transformers, config_kind)(num_channels=channels, image_size=size, **config)
    configuration._attn_implementation = "eager"
    model = getattr(transformers, kind)(configuration)
    pick = pick or (lambda out: (out.last_hidden_state, out.pooler_output))
    return Outputs(model, pick), (1, channels, size, size)


def tv_model(name, size, **arguments):
    import torchvision

    return getattr(torchvision.models, name)(weights=None, **arguments), (1, 3, size, size)


VIT = dict(img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=7)
HF = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)

MODELS = {
    "timm-vit": lambda: timm_model("vit_tiny_patch16_224", 32, **VIT),
    "timm-deit3": lambda: timm_model("deit3_small_patch16_224", 32, **VIT),
    "timm-beit": lambda: timm_model("beit_base_patch16_224", 32, **VIT),
    "timm-vit-siglip": lambda: timm_model("vit_base_patch16_siglip_224", 32, **{**VIT, "num_classes": 0}),
    "timm-vit-reg": lambda: timm_model("vit_small_patch14_reg4_dinov2", 32, **{**VIT, "num_classes": 5}),
    "timm-eva02": lambda: timm_model("eva02_tiny_patch14_224", 32, **VIT),
    "timm-swin": lambda: timm_model(
        "swin_tiny_patch4_window7_224", 64, img_size=64, embed_dim=16, depths=(2, 2), num_heads=(2, 4), window_size=4,
        num_classes=5,
    ),
    "timm-swinv2": lambda: timm_model(
        "swinv2_tiny_window8_256", 64, img_size=64, embed_dim=16, depths=(2, 2), num_heads=(2, 4), window_size=4,
        num_classes=5,
    ),
    "timm-convnext": lambda: timm_model("convnext_atto", 64, dims=(16, 24, 32, 40), depths=(1, 1, 2, 1), num_classes=5),
    "timm-convnextv2": lambda: timm_model("convnextv2_atto", 64, dims=(16, 24, 32, 40), depths=(1, 1, 2, 1), num_classes=5),
    "timm-resnet26d": lambda: timm_model("resnet26d", 64, num_classes=5),
    "timm-mobilenetv3": lambda: timm_model("mobilenetv3_small_050", 64, num_classes=5),
    "timm-regnet": lambda: timm_model("regnety_002", 64, num_classes=5),
    "timm-maxvit": lambda: timm_model("maxvit_rmlp_pico_rw_256", 64, img_size=64, num_classes=5),
    "timm-coat": lambda: timm_model("coat_lite_tiny", 64, img_size=64, num_classes=5),
    "timm-pvt": lambda: timm_model("pvt_v2_b0", 64, num_classes=5),
    "timm-mixer": lambda: timm_model("mixer_s32_224", 64, img_size=64, num_classes=5),
    "timm-cait": lambda: timm_model("cait_xxs24_224", 64, img_size=64, depth=2, num_classes=5),
    "timm-efficientformer": lambda: timm_model("efficientformerv2_s0", 224, num_classes=5),
    "hf-vit": lambda: hf_model("ViTModel", "ViTConfig", 32, patch_size=8, **HF),
    "hf-vit-gray": lambda: hf_model("ViTModel", "ViTConfig", 32, channels=1, patch_size=8, **HF),
    "hf-clip": lambda: hf_model(
        "CLIPVisionModelWithProjection", "CLIPVisionConfig", 32, patch_size=8, projection_dim=16,
        pick=lambda out: (out.image_embeds, out.last_hidden_state), **HF,
    ),
    "hf-siglip": lambda: hf_model("SiglipVisionModel", "SiglipVisionConfig", 32, patch_size=8, **HF),
    "hf-dinov2": lambda: hf_model(
        "Dinov2Model", "Dinov2Config", 56, patch_size=14, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
    ),
    "hf-deit": lambda: hf_model("DeiTModel", "DeiTConfig", 32, patch_size=8, **HF),
    "hf-beit": lambda: hf_model(
        "BeitModel", "BeitConfig", 32, patch_size=8, use_relative_position_bias=True, **HF,
    ),
    "hf-swin": lambda: hf_model(
        "SwinModel", "SwinConfig", 64, patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4,
    ),
    "hf-swinv2": lambda: hf_model(
        "Swinv2Model", "Swinv2Config", 64, patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4,
    ),
    "hf-convnext": lambda: hf_model(
        "ConvNextModel", "ConvNextConfig", 64, hidden_sizes=[16, 24, 32, 40], depths=[1, 1, 2, 1],
    ),
    "hf-resnet": lambda: hf_model(
        "ResNetModel", "ResNetConfig", 64, embedding_size=16, hidden_sizes=[16, 24, 32, 40], depths=[1, 1, 1, 1],
    ),
    "tv-resnet18": lambda: tv_model("resnet18", 64, num_classes=5),
    "tv-densenet121": lambda: tv_model("densenet121", 64, num_classes=5),
    "tv-efficientnet": lambda: tv_model("efficientnet_b0", 64, num_classes=5),
    "tv-mobilenetv2": lambda: tv_model("mobilenet_v2", 64, num_classes=5),
    "tv-vit": lambda: (
        __import__("torchvision").models.VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=5),
        (1, 3, 32, 32),
    ),
    "tv-swin": lambda: (
        __import__("torchvision").models.SwinTransformer([4, 4], 16, [2, 2], [2, 4], [4, 4], num_classes=5),
        (1, 3, 64, 64),
    ),
    "tv-squeezenet": lambda: tv_model("squeezenet1_1", 64, num_classes=5),
    "tv-googlenet": lambda: tv_model("googlenet", 64, num_classes=5, aux_logits=False, init_weights=False),
    "tv-shufflenet": lambda: tv_model("shufflenet_v2_x0_5", 64, num_classes=5),
}


def randomize(model):
    """Statistics and parameters that initialise to zero or one, made generic."""
    for name, parameter in model.named_parameters():
        if parameter.ndim <= 1 or float(parameter.detach().abs().max()) == 0 or "layer_scale" in name:
            parameter.data += 0.2 * torch.randn_like(parameter)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)


def as_tuple(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def write(name, directory):
    torch.manual_seed(sum(map(ord, name)))
    model, shape = MODELS[name]()
    model = model.eval()
    randomize(model)
    image = torch.rand(shape)
    cotangents = [torch.randn_like(out) for out in as_tuple(model(image))]
    names = [f"output_{i}" for i in range(len(cotangents))]

    path = {kind: directory / f"{name}.{kind}.onnx" for kind in ("torchscript", "dynamo")}
    try:
        torch.onnx.export(
            model, (image,), str(path["torchscript"]), dynamo=False, opset_version=17, input_names=["image"],
            output_names=names, dynamic_axes={"image": {0: "batch"}},
        )
    except Exception as error:  # an exporter's own limits are not ours
        print(name, "torchscript export failed:", str(error).split("\n")[0][:120])
    try:
        torch.onnx.export(
            model, (image,), str(path["dynamo"]), dynamo=True, opset_version=20, input_names=["image"],
            output_names=names, external_data=False, verbose=False,
        )
    except Exception as error:
        print(name, "dynamo export failed:", str(error).split("\n")[0][:120])

    image32 = image
    double = model.double()
    image = image32.double().requires_grad_(True)
    outputs = as_tuple(double(image))
    loss = sum((out * c.double()).sum() for out, c in zip(outputs, cotangents))
    (gradient,) = torch.autograd.grad(loss, image)
    flat = lambda tensor: [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]
    record = {
        "shape": list(shape),
        "image": flat(image32),
        "outputs": {n: {"shape": list(out.shape), "values": flat(out)} for n, out in zip(names, outputs)},
        "cotangents": {n: flat(c) for n, c in zip(names, cotangents)},
        "gradient": flat(gradient),
    }
    (directory / f"{name}.json").write_text(json.dumps(record))
    print(name, "ok", flush=True)


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        try:
            write(name, directory)
        except Exception as error:
            print(name, "failed:", repr(error)[:300], flush=True)


if __name__ == "__main__":
    main()
