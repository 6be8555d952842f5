"""Operators that the exporters and optimisers of published browser exports can write, read off their own sources: golden/operators.json.

In the environment of vlm_exports.py: vlm-env/bin/python golden/operator_lists.py BUILDER_DIR golden/operators.json
BUILDER_DIR: src/python/py/models of a checkout of microsoft/onnxruntime-genai. torch and onnxruntime are those of the environment.
"""

import json
import re
import sys
from pathlib import Path

import onnxruntime
import torch

NAME = re.compile(r"[\"'](?:com\.microsoft::)?([A-Z][A-Za-z0-9]*)[\"']")
CALL = re.compile(r"(?:make_node|\.op|create_node|add_node_name)\(\s*([^,)]*(?:\"[A-Za-z:.]+\"|'[A-Za-z:.]+')[^,)]*)")
TYPE = re.compile(r"op_type\"?\s*(?:=|==|:|in)\s*([^\n]*)")
# What the runtime's own optimiser writes (C++, read by hand: core/optimizer), and the 4-bit numbers of bitsandbytes.
OPTIMIZER = [
    "BiasGelu", "FastGelu", "FusedConv", "FusedGemm", "FusedMatMul", "Gelu", "MatMulBnb4", "MatMulIntegerToFloat", "DynamicQuantizeMatMul",
    "QuickGelu", "SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "EmbedLayerNormalization",
]
# Written as a pattern in the builder: f"{'Skip' if skip else ''}{'Simplified' if simple else ''}LayerNormalization".
SPELLED = ["LayerNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"]


def names_in(folder, pattern):
    found = set()
    for file in sorted(Path(folder).rglob(pattern)):
        text = file.read_text(errors="ignore")
        for match in (*CALL.finditer(text), *TYPE.finditer(text)):
            found.update(NAME.findall(match.group(1)))
    return found


def main(builder, path):
    # What is no operator though it is written like one is dropped by the operators' own registries.
    from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

    domains = {}
    for schema in get_all_operator_schema():
        if schema.domain in ("", "com.microsoft"):
            domains.setdefault(schema.name, set()).add(schema.domain)
    package = Path(onnxruntime.__file__).parent
    sources = {
        "onnxruntime-genai builder": names_in(builder, "*.py") | set(SPELLED),
        "onnxruntime.transformers optimizer": names_in(package / "transformers", "fusion_*.py"),
        "onnxruntime optimizer": set(OPTIMIZER),
        "onnxruntime.quantization": names_in(package / "quantization", "*.py"),
        "torch.onnx": names_in(Path(torch.__file__).parent / "onnx/_internal/torchscript_exporter", "symbolic_*.py"),
    }
    rows = {}
    for source, names in sources.items():
        for name in names & set(domains):
            for domain in domains[name]:
                rows.setdefault((domain, name), []).append(source)
    listed = [{"domain": domain, "op": op, "by": by} for (domain, op), by in sorted(rows.items())]
    head = json.dumps({"torch": torch.__version__, "onnxruntime": onnxruntime.__version__})
    rows = ",\n".join(json.dumps(row) for row in listed)
    path.write_text(f'{{"versions": {head}, "operators": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
