/** The script itself; what differs from run to run stands in @CAPITALS@. Python 3.9 and later. */
export const PYTHON_BODY = String.raw`#!/usr/bin/env python3
"""Repeats one run of Penumbra with ONNX Runtime and NumPy, and asserts its numbers.

Research and teaching only, not for diagnosis.

@PARAMETERS@

Needs:   pip install onnxruntime numpy
Run:     python penumbra-run.py --models FOLDER
FOLDER is the model's own folder in the lab (public/models/ID): its graphs are checked by their SHA-256.

What is repeated: both pictures are read by the same graphs, every wording is asked, and answers, margins, probabilities,
features and distances are computed anew. What is not: how the disturbed picture was found (an attack needs gradients, which
ONNX Runtime does not give), and defenses and certificates; "lab run" repeats those from the run manifest.
Exit status: 0 reproduced, 1 a number differs, 2 a file is missing or another one.
"""
import argparse
import base64
import hashlib
import json
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime as ort

RUN = json.loads(r"""@RUN@""")

# Clean and disturbed picture, uint8, zlib and base64; empty where they are a file beside this script.
PIXELS = """
@PIXELS@
"""


def stop(sentence):
    print(sentence, file=sys.stderr)
    sys.exit(2)


def pictures(path):
    """Clean and disturbed picture as the model was given them: [2, size, size] float32, values k/255."""
    size = RUN["pictures"]["size"]
    if PIXELS.strip():
        pixels = np.frombuffer(zlib.decompress(base64.b64decode(PIXELS)), np.uint8)
    else:
        if not path.exists():
            stop(f"The pictures are a reader's own film: save them from the lab and name them with --pictures ({path} is not there).")
        pixels = np.load(path, allow_pickle=False)
    pixels = np.ascontiguousarray(pixels, np.uint8)
    if hashlib.sha256(pixels.tobytes()).hexdigest() != RUN["pictures"]["sha256"]:
        stop("These are not the pictures of this run.")
    return (pixels.reshape(2, size, size) / 255.0).astype(np.float32)


def session(folder, role):
    file = next(each for each in RUN["model"]["files"] if each["role"] == role)
    path = folder / file["path"]
    if not path.exists():
        stop(f"There is no {path}: name the folder of the model {RUN['model']['id']} with --models.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        stop(f"{path} is not the graph of this run: its SHA-256 is another one.")
    options = ort.SessionOptions()
    # Without this, weights of 8 and 4 bits are multiplied by activations rounded to 8 bits.
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def softmax(scores):
    exps = np.exp(scores - np.max(scores))
    return exps / exps.sum()


def ssim(a, b):
    """Wang et al. 2004: Gaussian window of 11 taps and sigma 1.5, windows wholly inside, range 1."""
    offsets = np.arange(11) - 5.0
    window = np.exp(-(offsets**2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(plane):
        across = np.apply_along_axis(np.convolve, 1, plane, window, "valid")
        return np.apply_along_axis(np.convolve, 0, across, window, "valid")

    x, y = a.astype(np.float64), b.astype(np.float64)
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return float(np.mean((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))))


class Model:
    def __init__(self, folder):
        self.vision = session(folder, "vision")
        self.head = session(folder, "answer")
        self.names = RUN["model"]["outputs"]

    def encode(self, picture):
        """Tokens [1, T, D] and unit-norm embedding [E]."""
        names = [self.names["tokens"], self.names["embedding"]]
        tokens, embedding = self.vision.run(names, {RUN["model"]["image"]: picture[None, None]})
        return tokens, embedding[0].astype(np.float64)

    def answer(self, tokens, wording):
        ids = np.array([wording["ids"]], np.int64)
        (logits,) = self.head.run([self.names["logits"]], {"ids": ids, "tokens": tokens})
        logits = logits.reshape(-1, logits.shape[-1])[-1].astype(np.float64)
        scores = logits[wording["tokenIds"]]
        words = wording["answers"]
        best = int(np.argmax(scores))
        if "yes" in words and "no" in words:
            margin = scores[words.index("yes")] - scores[words.index("no")]
        else:
            margin = scores[best] - max(np.delete(scores, best))
        swap = {"yes": "no", "no": "yes"} if wording["polarity"] == -1 else {}
        return {
            "answer": words[best],
            "corrected": swap.get(words[best], words[best]),
            "margin": float(margin),
            "probabilities": dict(zip(words, softmax(scores).tolist())),
            "massOutside": max(0.0, 1.0 - float(softmax(logits)[wording["tokenIds"]].sum())),
        }


failures = []
checked = 0


def same(what, got, expected, tolerance=None):
    global checked
    checked += 1
    ok = got == expected if tolerance is None else abs(got - expected) <= tolerance
    if not ok:
        failures.append(f"{what}: {got} here, {expected} in the run")
    return ok


def main():
    parser = argparse.ArgumentParser(description="Repeats one run of Penumbra and asserts its numbers.")
    parser.add_argument("--models", type=Path, default=Path("public/models") / RUN["model"]["id"])
    parser.add_argument("--pictures", type=Path, default=Path(RUN["pictures"]["file"] or ""))
    arguments = parser.parse_args()
    clean, disturbed = pictures(arguments.pictures)
    model = Model(arguments.models)
    limits = RUN["tolerance"]
    encoded = {"clean": model.encode(clean), "disturbed": model.encode(disturbed)}
    corrected = {}
    for number, wording in enumerate(RUN["wordings"]):
        for name, (tokens, _) in encoded.items():
            expected = wording[name]
            got = model.answer(tokens, wording)
            what = f"{wording['text']} ({name})"
            # On the border between two answers rounding decides; the margin then says what the word does not.
            if abs(expected["margin"]) > limits["logits"]:
                same(what, got["answer"], expected["answer"])
                same(f"{what}, about the finding", got["corrected"], expected["corrected"])
            same(f"{what}, margin", got["margin"], expected["margin"], limits["logits"])
            same(f"{what}, other words", got["massOutside"], expected["massOutside"], limits["probability"])
            for word, probability in expected["probabilities"].items():
                same(f"{what}, p({word})", got["probabilities"][word], probability, limits["probability"])
            if number == 0:
                corrected[name] = got["corrected"]
                print(f"{name}: {got['answer']}, margin {got['margin']:+.4f} logits ({expected['margin']:+.4f} in the run)")
    if len(corrected) == 2 and RUN["flipped"] is not None:
        same("flipped", corrected["clean"] != corrected["disturbed"], RUN["flipped"])

    change = disturbed.astype(np.float64) - clean.astype(np.float64)
    expected = RUN["metrics"]
    same("linf", float(np.abs(change).max()), expected["linf"], limits["picture"])
    same("l2", float(np.linalg.norm(change)), expected["l2"], limits["picture"] * 10)
    same("share of pixels changed", float(np.mean(np.abs(change) > 0.5 / 255)), expected["changedShare"], limits["picture"])
    same("SSIM", ssim(clean, disturbed), expected["ssim"], limits["picture"])
    if expected["psnr"] is not None:
        same("PSNR", float(-10 * np.log10(np.mean(change**2))), expected["psnr"], 0.001)
    if "featureCosine" in expected:
        a, b = encoded["clean"][1], encoded["disturbed"][1]
        cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
        print(f"feature cosine {cosine:.6f} ({expected['featureCosine']:.6f} in the run)")
        same("feature cosine", cosine, expected["featureCosine"], limits["cosine"])
        same("feature l2", float(np.linalg.norm(a - b)), expected["featureL2"], limits["cosine"] * 10)

    for failure in failures:
        print(f"DIFFERS {failure}", file=sys.stderr)
    if RUN["defended"]:
        print("The run had defenses: what is repeated here are the bare model's readings of the same two pictures.")
    print(f"{'DIFFERS' if failures else 'REPRODUCED'}: {checked - len(failures)} of {checked} numbers agree.")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
`;
