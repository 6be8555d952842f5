/** A reader's encoder as a manifest: what they correct, save and drop again. */
import { ELEMENT_TYPE, graphOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import type { EncoderProposal } from "./encoderProposal.ts";
import type { FeatureAxes, ModelManifest, Precision } from "../../model/manifest.ts";

export function encoderManifest(
  model: ModelProto,
  proposal: EncoderProposal,
  file: { readonly name: string; readonly bytes: number; readonly sha256: string },
): ModelManifest {
  const { embedding, tokens, grid, labels, outputs } = proposal;
  const { pixels: _pixels, ...input } = proposal.input;
  const axes = Object.fromEntries(
    outputs.flatMap((output) => (output.axes ? [[output.name, output.axes]] : [])),
  ) as Record<string, FeatureAxes>;
  const scores = outputs.find(({ meaning }) => meaning === "class scores");
  const plainName = file.name.replaceAll(/[^\w.-]/g, "_");
  const precision = precisionOf(model);
  return {
    format: 1,
    id: `own-${file.sha256.slice(0, 12)}`,
    version: "1",
    name: plainName.replace(/\.onnx$/i, ""),
    description: `A reader's own ${scores ? "image classifier" : "image encoder"}.`,
    task: scores ? "classifier" : "encoder",
    files: [
      {
        path: plainName,
        role: "vision",
        precision,
        bytes: file.bytes,
        sha256: file.sha256,
      },
    ],
    defaultPrecision: precision,
    input: {
      ...input,
      range: [...input.range],
      mean: [...input.mean],
      std: [...input.std],
    },
    outputs: {
      embedding,
      ...(tokens === undefined ? {} : { tokens }),
      ...(scores === undefined ? {} : { classScores: scores.name }),
      ...(Object.keys(axes).length === 0 ? {} : { axes }),
    },
    ...(grid === undefined ? {} : { tokenGrid: [grid.rows, grid.columns] }),
    answerSpaces: {},
    labels: [...labels],
    licence: "not stated",
    trainingData: "not stated",
    accuracy: {},
    card: "",
    madeBy: { command: "not stated", seed: 0, versions: {} },
  };
}

/** The narrowest form that most of the weights are stored in. */
function precisionOf(model: ModelProto): Precision {
  const { float16, int8, uint8, int4, uint4 } = ELEMENT_TYPE;
  const counts: Record<Precision, number> = { fp32: 0, fp16: 0, int8: 0, int4: 0 };
  for (const tensor of graphOf(model).initializer) {
    const elements = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
    const type = tensor.dataType;
    if (type === float16) counts.fp16 += elements;
    else if (type === int8 || type === uint8) counts.int8 += elements;
    else if (type === int4 || type === uint4) counts.int4 += elements;
    else counts.fp32 += elements;
  }
  const isPacked = graphOf(model).node.some((node) => node.opType === "MatMulNBits");
  const [most] = (Object.keys(counts) as Precision[]).sort((a, b) => counts[b] - counts[a]);
  return isPacked && most === "int8" ? "int4" : most!;
}
