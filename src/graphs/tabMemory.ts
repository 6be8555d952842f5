/** What a graph takes of a tab's memory, counted before the runtime is asked for it: WebAssembly that runs out ends the engine. */
import { LabError } from "../errors/labError.ts";
import type { Backend } from "../model/backend.ts";
import { graphOf } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { tensorTypeOf } from "../onnx/tensorData.ts";
import { NPY_BYTES } from "../tensor/npyFormat.ts";
import { sizeOf } from "../tensor/tensor.ts";

/** What a tab's WebAssembly can hold, less what the runtime itself takes. */
export const TAB_BYTES = 3.5 * 2 ** 30;

/** They show what they read in another shape, and hold nothing. */
const VIEWS = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"]);

/** Bytes of the values that a graph makes in one run: what is held at most where a way back reads them again. */
export function valueBytes(model: ModelProto, { shapes, types }: ShapeTable): number {
  const made = graphOf(model).node.filter(({ opType }) => !VIEWS.has(opType));
  return made
    .flatMap(({ output }) => output)
    .reduce((sum, name) => {
      const shape = shapes.get(name);
      const type = tensorTypeOf(types.get(name) ?? 0);
      return shape && type ? sum + sizeOf(shape) * NPY_BYTES[type] : sum;
    }, 0);
}

/** @throws LabError "graph-too-large" in a browser, where a gradient of so many bytes, the open model included, has no room */
export function requireGradientRoom(bytes: number, backend: Backend): void {
  if (backend === "native" || bytes <= TAB_BYTES) return;
  throw new LabError(
    "graph-too-large",
    `This model with its gradient takes about ${gigabytes(bytes)}, and a tab holds about ${gigabytes(TAB_BYTES)}.`,
    {
      hint: "Choose a smaller form of the model, such as q4, attack it by asking alone (Square), or run it with lab outside the browser.",
    },
  );
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
