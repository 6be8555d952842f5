"""Vision-language models of random weights, one of each further family, in the folder layout of browser exports, with PyTorch's numbers.

In the environment of vlm_exports.py, with pillow: vlm-env/bin/python golden/vlm_families.py golden/vlm/families
Writes OUT_DIR/NAME.zip for gemma3, paligemma, smolvlm (pictures cut into tiles), idefics3 (not cut), qwen2_vl, qwen2_5_vl and
florence2: the JSON files as the library's own processors save them, the graphs under the names of browser exports in onnx/
(torch.onnx, attention in visible operators), for gemma3 also the decoder as onnxruntime-genai's builder writes it
(decoder_model_merged_fused.onnx: GroupQueryAttention, which sees the past alone) and its int4 form, and vectors.json: what PyTorch makes
of one grey picture and one question.
"""

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from families.florence2 import write_florence2
from families.gemma3 import write_gemma3
from families.idefics import write_idefics
from families.paligemma import write_paligemma
from families.qwen import write_qwen

WRITERS = {
    "gemma3": write_gemma3, "paligemma": write_paligemma, "smolvlm": lambda root: write_idefics(root, "smolvlm"),
    "idefics3": lambda root: write_idefics(root, "idefics3"), "qwen2_vl": lambda root: write_qwen(root, "qwen2_vl"),
    "qwen2_5_vl": lambda root: write_qwen(root, "qwen2_5_vl"), "florence2": write_florence2,
}


def pack(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                # A fixed date: the same model is the same file.
                archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder)), (2026, 1, 1, 0, 0, 0)), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or WRITERS:
        with tempfile.TemporaryDirectory() as made:
            WRITERS[name](Path(made))
            pack(Path(made), out / f"{name}.zip")
            if "--keep" in sys.argv:
                shutil.copytree(made, out / name)
        print(name, (out / f"{name}.zip").stat().st_size)
