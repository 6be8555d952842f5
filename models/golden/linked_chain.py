"""A chain of four tiny graphs (purifier, encoder, mapper, answering head), and the gradients PyTorch computes through all of it.

Usage: python golden/linked_chain.py   (from models/; writes golden/chain/, about 130 kB, seed 0)
- purifier.onnx: image [B,1,42,42], sigma [1] -> clean [B,1,42,42], opset 18 where the others have 20: it can only be linked
- vision.onnx, answer.onnx: the modules of tiny_pair.py with weights of their own
- mapper.onnx: tokens [B,9,12], embedding [B,12], sigma [1] -> mapped_tokens, mapped_embedding (not of unit norm)
- vectors.json: image, sigma, question, losses (cross-entropy of the answer, 1 - cosine of the mapped embedding) and their image
  gradients in double precision, and the gradient of the cross-entropy with respect to the encoder's first attention map
"""

import json
from pathlib import Path

import tiny_pair
import torch
import torch.nn.functional as F
from tiny_pair import SIZE, WIDTH, Answer, Vision
from torch import nn

OUT = Path(__file__).parent / "chain"


class Purifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 1, 3, padding=1)
        self.film = nn.Linear(1, 12)

    def forward(self, image, sigma):
        scale, shift = self.film(sigma[:, None])[:, :, None, None].chunk(2, dim=1)
        return image + sigma[:, None, None, None] * self.second(F.gelu(self.first(image) * (1 + scale) + shift))


class Mapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows, self.out = nn.Linear(WIDTH + 1, 24), nn.Linear(24, WIDTH)
        self.vector = nn.Linear(12 + WIDTH, 12)

    def forward(self, tokens, embedding, sigma):
        level = sigma[:, None, None].expand(tokens.shape[0], tokens.shape[1], 1)
        mapped = tokens + sigma[:, None, None] * self.out(torch.tanh(self.rows(torch.cat([tokens, level], dim=2))))
        return mapped, embedding + sigma[:, None] * self.vector(torch.cat([embedding, mapped.mean(1)], dim=1))


def main():
    torch.manual_seed(0)
    purifier, vision, mapper, answer = Purifier().eval(), Vision().eval(), Mapper().eval(), Answer().eval()
    image, sigma = torch.rand(1, 1, SIZE, SIZE).mul(1000).round() / 1000, torch.tensor([0.375])
    ids = torch.tensor([[3, 5, 7, 2, 9, 1]])
    reference = F.normalize(torch.randn(1, 12), dim=-1)
    OUT.mkdir(exist_ok=True)
    tokens, embedding = vision(image)
    export(purifier, (image, sigma), "purifier", ["image", "sigma"], ["clean"], opset=18)
    export(vision, (image,), "vision", ["image"], ["tokens", "embedding"])
    export(mapper, (tokens, embedding, sigma), "mapper", ["tokens", "embedding", "sigma"], ["mapped_tokens", "mapped_embedding"])
    export(answer, (ids, tokens), "answer", ["ids", "tokens"], ["logits"])
    tiny_pair.OUT = OUT
    tiny_pair.strip_debug_text()

    image64, sigma64 = image.double().requires_grad_(True), sigma.double()
    tokens, embedding = vision.double()(purifier.double()(image64, sigma64))
    mapped, vector = mapper.double()(tokens, embedding, sigma64)
    logits = answer.double()(ids, mapped)[:, -1, [4, 6, 11]]
    losses = {
        "crossEntropy": F.cross_entropy(logits, torch.tensor([0])),
        "cosine": 1 - F.cosine_similarity(vector, reference.double()).sum(),
    }
    flat = lambda tensor: [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]
    record = {
        "image": flat(image), "sigma": sigma.item(), "ids": ids.flatten().tolist(), "answerIds": [4, 6, 11], "target": 0,
        "reference": flat(reference), "logits": flat(logits),
        "losses": {name: loss.item() for name, loss in losses.items()},
        "gradients": {name: flat(torch.autograd.grad(loss, image64, retain_graph=True)[0]) for name, loss in losses.items()},
        "attentionGradient": flat(
            torch.autograd.grad(losses["crossEntropy"], vision.blocks[0].attention.map, retain_graph=True)[0]
        ),
    }
    (OUT / "vectors.json").write_text(json.dumps(record))


def export(module, inputs, name, input_names, output_names, opset=20):
    torch.onnx.export(
        module, inputs, str(OUT / f"{name}.onnx"), dynamo=False, opset_version=opset, verbose=False, input_names=input_names,
        output_names=output_names, do_constant_folding=False,
    )


if __name__ == "__main__":
    main()
