"""A tiny encoder and answering head with the structure of the bundled model, and the gradients PyTorch computes for it.

Usage: python golden/tiny_pair.py   (from models/; writes golden/tiny/, about 170 kB, seed 0)
- vision.EXPORTER.onnx: image [B,1,42,42] -> tokens [B,9,12], embedding [B,12] (conv stem with BatchNorm, two pre-norm
  blocks with eager attention); answer.EXPORTER.onnx: ids [B,T], tokens -> logits [B,T,20] (causal, cross-attention)
- vectors.json: image, question, losses (answer cross-entropy, 1 - cosine, l2 distance), image gradients of two, and
  the gradient of the cross-entropy with respect to the cross-attention map
TorchScript exports keep BatchNorm as a node (no constant folding); dynamo exports fold it.
"""

import json
import math
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
OUT = Path(__file__).parent / "tiny"
WIDTH, HEADS, SIZE, VOCABULARY = 12, 2, 42, 20


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key_value = nn.Linear(WIDTH, 2 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.map = None

    def forward(self, x, context=None, mask=None):
        batch, length, _ = x.shape
        context = x if context is None else context
        query = self.query(x).reshape(batch, length, HEADS, -1).transpose(1, 2)
        both = self.key_value(context).reshape(batch, context.shape[1], 2, HEADS, -1).permute(2, 0, 3, 1, 4)
        key, value = both.unbind(0)
        scores = query @ key.transpose(-2, -1) / math.sqrt(WIDTH // HEADS)
        if mask is not None:
            scores = scores + mask
        self.map = scores.softmax(-1)
        return self.out((self.map @ value).transpose(1, 2).reshape(batch, length, WIDTH))


class Block(nn.Module):
    def __init__(self, cross=False):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.norm3, self.cross = (nn.LayerNorm(WIDTH), Attention()) if cross else (None, None)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))

    def forward(self, x, context=None, mask=None):
        x = x + self.attention(self.norm1(x), None, mask)
        if self.cross is not None:
            x = x + self.cross(self.norm3(x), context)
        return x + self.mlp(self.norm2(x))


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.GELU(), nn.Conv2d(4, 4, 3, 1, 1, groups=2), nn.ReLU()
        )
        self.patch = nn.Conv2d(4, WIDTH, 7, 7)
        self.position = nn.Parameter(torch.randn(1, (SIZE // 14) ** 2, WIDTH) * 0.1)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm, self.project = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 12)

    def forward(self, image):
        x = self.patch(self.stem((image - 0.5) / 0.25)).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        tokens = self.norm(x)
        embedding = self.project(tokens.mean(1))
        return tokens, embedding / embedding.norm(dim=-1, keepdim=True)


class Answer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, WIDTH)
        self.position = nn.Parameter(torch.randn(1, 8, WIDTH) * 0.1)
        self.block, self.norm = Block(cross=True), nn.LayerNorm(WIDTH)

    def forward(self, ids, tokens):
        length = ids.shape[1]
        mask = torch.full((length, length), -1e9).triu(1)
        x = self.block(self.embed(ids) + self.position[:, :length], tokens, mask)
        return self.norm(x) @ self.embed.weight.t()


def main():
    torch.manual_seed(0)
    vision, answer = Vision().eval(), Answer().eval()
    vision.stem[1].running_mean.normal_(0, 0.1)
    vision.stem[1].running_var.uniform_(0.5, 1.5)
    image = torch.rand(1, 1, SIZE, SIZE).mul(1000).round() / 1000
    ids = torch.tensor([[3, 5, 7, 2, 9, 1]])
    reference = F.normalize(torch.randn(1, 12), dim=-1)
    OUT.mkdir(exist_ok=True)

    tokens, _ = vision(image)
    common = dict(verbose=False, input_names=["image"], output_names=["tokens", "embedding"])
    torch.onnx.export(
        vision, (image,), str(OUT / "vision.torchscript.onnx"), dynamo=False, opset_version=17, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE, dynamic_axes={"image": {0: "batch"}}, **common,
    )
    torch.onnx.export(vision, (image,), str(OUT / "vision.dynamo.onnx"), dynamo=True, opset_version=20, external_data=False, **common)
    common = dict(verbose=False, input_names=["ids", "tokens"], output_names=["logits"])
    torch.onnx.export(
        answer, (ids, tokens), str(OUT / "answer.torchscript.onnx"), dynamo=False, opset_version=17,
        dynamic_axes={"ids": {0: "batch", 1: "length"}, "tokens": {0: "batch"}}, **common,
    )
    torch.onnx.export(answer, (ids, tokens), str(OUT / "answer.dynamo.onnx"), dynamo=True, opset_version=20, external_data=False, **common)
    strip_debug_text()

    vision, answer = vision.double(), answer.double()
    image64 = image.double().requires_grad_(True)
    tokens, embedding = vision(image64)
    logits = answer(ids, tokens)[:, -1, [4, 6, 11]]
    losses = {
        "crossEntropy": F.cross_entropy(logits, torch.tensor([0])),
        "cosine": 1 - (embedding * reference.double()).sum(),
        "squaredL2": ((embedding - reference.double()) ** 2).sum(),
    }
    flat = lambda tensor: [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]
    record = {
        "image": flat(image), "ids": ids.flatten().tolist(), "answerIds": [4, 6, 11], "target": 0,
        "reference": flat(reference), "logits": flat(logits),
        "losses": {name: loss.item() for name, loss in losses.items()},
        "gradients": {
            name: flat(torch.autograd.grad(losses[name], image64, retain_graph=True)[0])
            for name in ("crossEntropy", "cosine")
        },
        "crossAttentionGradient": flat(
            torch.autograd.grad(losses["crossEntropy"], answer.block.cross.map, retain_graph=True)[0]
        ),
    }
    (OUT / "vectors.json").write_text(json.dumps(record))


def strip_debug_text():
    """Exporters write source paths and Python traces of this machine into the files; nothing reads them."""
    import onnx

    for path in OUT.glob("*.onnx"):
        model = onnx.load(path)
        for node in model.graph.node:
            node.doc_string = ""
            del node.metadata_props[:]
        del model.graph.value_info[:]
        del model.graph.metadata_props[:]
        del model.metadata_props[:]
        for value in [*model.graph.input, *model.graph.output]:
            del value.metadata_props[:]
        for tensor in model.graph.initializer:
            del tensor.metadata_props[:]
        onnx.save(model, path)


if __name__ == "__main__":
    main()
