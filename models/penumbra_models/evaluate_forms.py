"""The files as shipped, run by ONNX Runtime: AUC over findings, cosine to float weights, agreement of answers, bytes."""

import json
from pathlib import Path

import numpy as np

from .evaluate_phantoms import has
from .examiner import Examiner, unit
from .export import float_session
from .names import FINDINGS
from .statistics import auc


def precision_forms(examiner: Examiner, package: Path, images: np.ndarray, cases: list[dict]) -> dict:
    """{precision: {bytes, meanAuc, cosine, flipRate, images}} over the plain presence questions."""
    manifest = json.loads((package / "manifest.json").read_text())
    rows = [examiner.plain("presence", f)[0] for f in FINDINGS]
    tokens, embedding = examiner.encode(images)
    reference = examiner.margins(tokens, rows) > 0
    truth = np.array([[has(c, name) for name in FINDINGS] for c in cases])
    columns = [examiner.words["yes"], examiner.words["no"]]
    out = {}
    for precision in sorted({f["precision"] for f in manifest["files"]}):
        vision, answer = (float_session(str(package / f"{role}.{precision}.onnx")) for role in ("vision", "answer"))
        margins, cosines = [], []
        for image, expected in zip(images, embedding.numpy(), strict=True):
            t, e = vision.run(None, {"image": unit(image[None]).numpy()})
            cosines.append(float((e[0] * expected).sum()))
            case = []
            for row in rows:
                ids = examiner.questions.ids[row][None, : examiner.questions.lengths[row]]
                z = answer.run(None, {"ids": ids, "tokens": t})[0][0, -1, columns]
                case.append(z[0] - z[1])
            margins.append(case)
        z = np.array(margins)
        out[precision] = {
            "bytes": sum(f["bytes"] for f in manifest["files"] if f["precision"] == precision),
            "meanAuc": float(np.mean([auc(z[:, k], truth[:, k]) for k in range(len(FINDINGS))])),
            "cosine": float(np.mean(cosines)), "flipRate": float(((z > 0) != reference).mean()), "images": len(images),
        }  # fmt: skip
    return out
