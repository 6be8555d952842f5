"""Exports a checkpoint as a model package: three ONNX graphs in each precision, manifest, tokenizer, parity reference.

uv run python -m penumbra_models.export --checkpoint runs/base/checkpoint.pt --data data --id base --out ../public/models/base
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from tokenizers import Tokenizer
from torch import nn

from .names import ANSWER_SPACES, GRID, LABELS
from .network import Captioner, Config, ConvNorm, Vision
from .quantize import quantize

OPSET = 21
TRAINING_DATA = (
    "Synthetic phantoms of this project; adult chest radiographs of NIH ChestX-ray8/14 (NIH Clinical Center; Wang et al. 2017) and normal ones of the "
    "RSNA Pneumonia Detection Challenge 2018 (Shih et al. 2019; Wang et al. 2017); paediatric chest radiographs of Kermany, Zhang, Goldbaum 2018, "
    "Mendeley Data, doi:10.17632/rscbjbr9sj, CC BY 4.0 (train splits)."
)
GOLDEN_QUESTION = "Is there a pleural effusion?"


def load(checkpoint: Path, vocabulary: int) -> Captioner:
    model = Captioner(Config(vocabulary=vocabulary))
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return model.eval()


def fold_batch_norms(vision: Vision) -> None:
    """Moves batch normalisation into the convolutions before it (exact in evaluation mode)."""
    pairs: list[tuple[nn.Module, str, str]] = [(vision, "conv1", "bn1"), (vision, "conv2", "bn2")]
    pairs += [(part, "conv", "norm") for part in vision.modules() if isinstance(part, ConvNorm)]
    for owner, conv, norm in pairs:
        setattr(owner, conv, torch.nn.utils.fusion.fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
        setattr(owner, norm, nn.Identity())


def to_onnx(module: nn.Module, args: tuple, inputs: list[str], outputs: list[str], dynamic: tuple) -> onnx.ModelProto:
    program = torch.onnx.export(
        module, args, dynamo=True, opset_version=OPSET, input_names=inputs, output_names=outputs,
        dynamic_shapes=dynamic, verbose=False,
    )  # fmt: skip
    if program is None:
        raise RuntimeError("The exporter returned no program.")
    model = program.model_proto
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for info in (*model.graph.input, *model.graph.output):
        del info.metadata_props[:]
    return model


def parity_image(size: int) -> np.ndarray:
    """The self-test's golden image; the formula of parityImage in src/model/manifest.ts, in double precision."""
    i, j = np.mgrid[0:size, 0:size].astype(np.float64)
    wave = 0.5 + 0.25 * np.sin(i / 9) * np.cos(j / 13)
    texture = 0.2 * ((i * 7 + j * 3) % 16) / 16
    return np.clip(wave + texture, 0, 1).astype(np.float32)


def graphs(model: Captioner) -> dict[str, onnx.ModelProto]:
    fold_batch_norms(model.vision)
    b, t = torch.export.Dim("b", min=1, max=64), torch.export.Dim("t", min=2, max=model.config.longest - 1)
    image = torch.rand(2, 1, 224, 224)
    ids = torch.randint(5, 100, (2, 9))
    tokens = torch.rand(2, 256, model.config.width)
    return {
        "vision": to_onnx(model.vision, (image,), ["image"], ["tokens", "embedding"], ({0: b},)),
        "text": to_onnx(model.text, (ids,), ["ids"], ["text_embedding"], ({0: b, 1: t},)),
        "answer": to_onnx(model.decoder, (ids, tokens), ["ids", "tokens"], ["logits"], ({0: b, 1: t}, {0: b})),
    }


def float_session(model: str | bytes) -> ort.InferenceSession:
    """One thread, and activations in float32: by default ONNX Runtime rounds them to 8 bits in products with int8 weights, which no gradient follows."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    return float_session(model.SerializeToString()).run(None, feeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--name", default="Penumbra base")
    parser.add_argument("--description", default="Contrastive captioner for frontal chest radiographs.")
    parser.add_argument("--command", default="see models/README.md")
    parser.add_argument("--precisions", nargs="+", default=["fp16", "int8", "int4"])
    parser.add_argument("--accuracy", type=Path, help="JSON written by penumbra_models.evaluate")
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.data / "tokenizer.json"))
    model = load(args.checkpoint, tokenizer.get_vocab_size())
    args.out.mkdir(parents=True, exist_ok=True)

    image = parity_image(224)[None, None]
    special = {name: tokenizer.token_to_id(f"<{name}>") for name in ("pad", "bos", "eos", "ans", "report")}
    prompt = [special["bos"], *tokenizer.encode(GOLDEN_QUESTION).ids, special["ans"]]
    answer_ids = {s: [tokenizer.encode(w).ids[0] for w in words] for s, words in ANSWER_SPACES.items()}
    with torch.no_grad():
        _, expected = model.vision(torch.from_numpy(image))
    float_graphs = graphs(model)
    files, references = [], {}
    for precision in args.precisions:
        forms = {role: quantize(graph, precision) for role, graph in float_graphs.items()}
        for role, graph in forms.items():
            path = args.out / f"{role}.{precision}.onnx"
            data = graph.SerializeToString()
            path.write_bytes(data)
            files.append({
                "path": path.name, "role": role, "precision": precision, "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            })  # fmt: skip
        tokens, embedding = run(forms["vision"], {"image": image})
        (logits,) = run(forms["answer"], {"ids": np.array([prompt]), "tokens": tokens})
        cosine = float((embedding[0] * expected.numpy()[0]).sum())
        print(f"{precision}: {sum(f['bytes'] for f in files if f['precision'] == precision) / 1e6:.2f} MB, "
              f"golden cosine to torch {cosine:.6f}, answer logits {logits[0, -1, answer_ids['yes-no']]}")  # fmt: skip
        references[precision] = {
            "embedding": [round(float(v), 7) for v in embedding[0]],
            "answerLogits": [round(float(v), 5) for v in logits[0, -1, answer_ids["yes-no"]]],
        }
    (args.out / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False))
    (args.out / "parity.json").write_text(json.dumps({
        "question": GOLDEN_QUESTION, "ids": prompt, "answerSpace": "yes-no", "references": references,
    }))  # fmt: skip
    tokenizer_hash = hashlib.sha256((args.out / "tokenizer.json").read_bytes()).hexdigest()
    manifest = {
        "format": 1, "id": args.id, "version": args.version, "name": args.name, "description": args.description,
        "task": "vqa", "files": files,
        "defaultPrecision": "int8" if "int8" in args.precisions else args.precisions[0],
        "input": {"name": "image", "size": 224, "channels": 1, "range": [0, 1], "mean": [0], "std": [1], "resize": "area-centre-crop"},
        "outputs": {"tokens": "tokens", "embedding": "embedding", "logits": "logits"},
        "tokenGrid": [GRID, GRID],
        "tokenizer": {"path": "tokenizer.json", "sha256": tokenizer_hash, "specialTokens": special},
        "answerSpaces": {s: {"answers": w, "tokenIds": answer_ids[s]} for s, w in ANSWER_SPACES.items()},
        "labels": list(LABELS),
        "parity": "parity.json", "licence": "Apache-2.0",
        "trainingData": TRAINING_DATA,
        "accuracy": json.loads(args.accuracy.read_text()) if args.accuracy else {},
        "card": "card.md",
        "madeBy": {"command": args.command, "seed": args.seed, "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "onnx": onnx.__version__,
            "onnxruntime": ort.__version__}},
    }  # fmt: skip
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1))


if __name__ == "__main__":
    main()
