"""The LLaVA of golden/vlm in the forms that browser exports also come in: float16, and weights in a file beside the graph.

In the environment of vlm_exports.py: vlm-env/bin/python golden/vlm_forms.py golden/vlm
Reads OUT/llava/onnx and writes OUT/llava-forms/onnx: *_fp16.onnx as transformers.js' scripts convert them (inputs and outputs stay
float32), and decoder_model_merged_q4.onnx with all of its weights in decoder_model_merged_q4.onnx_data.
"""

import shutil
import sys
from pathlib import Path

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16


def main(root):
    source, target = root / "llava/onnx", root / "llava-forms/onnx"
    shutil.rmtree(target.parent, ignore_errors=True)
    target.mkdir(parents=True)
    for part in ("vision_encoder", "embed_tokens", "decoder_model_merged"):
        half = convert_float_to_float16(onnx.load(source / f"{part}.onnx"), keep_io_types=True, disable_shape_infer=part == "decoder_model_merged")
        onnx.save(half, target / f"{part}_fp16.onnx")
    name = "decoder_model_merged_q4.onnx"
    onnx.save(
        onnx.load(source / name), target / name, save_as_external_data=True, all_tensors_to_one_file=True, location=f"{name}_data", size_threshold=0
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
