/** A convolutional classifier of three findings, small enough for a test: 32 x 32, no attention. */
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { floatInput, randomTensor, tinyGraph } from "./tinyGraphs.ts";

export function tinyClassifier(): ModelProto {
  return tinyGraph(17, (b) => {
    const x = floatInput(b, "image", [1, 3, 32, 32]);
    const map = b.add("Conv", [x, b.constant(randomTensor(1, [16, 3, 4, 4], 0.2))], {
      attributes: { strides: { ints: [4, 4] } },
    });
    const pooled = b.add("Flatten", [b.add("GlobalAveragePool", [b.add("Softplus", [map])])]);
    const weights = [b.constant(randomTensor(2, [16, 3])), b.constant(randomTensor(3, [3]))];
    b.add("Gemm", [pooled, ...weights], { outputs: ["logits"] });
    b.addOutput("logits", ELEMENT_TYPE.float32);
  });
}
