/**
 * `lab vjp MODEL.onnx --input NAME=FILE.npy... --output NAME --cotangent FILE.npy --wrt NAME --out FILE.npy`: the
 * vector-Jacobian product of one output, that is the gradient of sum(output * cotangent) with respect to a value.
 */
import { LabError } from "../errors/labError.ts";
import { cotangentName, withCotangentLoss, LOSS_OUTPUT } from "../onnx/edit/lossHeads.ts";
import { withTensorOutputs } from "../onnx/edit/tensorOutputs.ts";
import { freeNames } from "../onnx/edit/rewire.ts";
import { differentiate } from "../onnx/grad/differentiate.ts";
import { isFloatType } from "../onnx/elementTypes.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { halfToNumber } from "../tensor/half.ts";
import { floatTensor } from "../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../tensor/tensor.ts";
import { converted, openGraph, probeOf, readFeeds, runnerOf, sessionsNamed } from "./graphFiles.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { withFloat32Inputs } from "../onnx/edit/floatInputs.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

const USAGE =
  "vjp needs one model, --output NAME, --cotangent FILE.npy, --wrt NAME, --out FILE.npy and an --input NAME=FILE.npy for each input.";

export async function vjpVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      input: { type: "string", multiple: true, default: [] },
      output: { type: "string" },
      cotangent: { type: "string" },
      wrt: { type: "string" },
      out: { type: "string" },
      backend: { type: "string", default: "native" },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  const { cotangent, out, backend } = values;
  if (!file || positionals.length > 1 || !values.output || !cotangent || !values.wrt || !out)
    throw new UsageError(USAGE);
  // The loss head's own name must be free, and what the reader named stays what it was.
  const freed = freeNames(withTensorOutputs(await openGraph(file)).model, [LOSS_OUTPUT]);
  const [output, wrt] = [freed.rename(values.output), freed.rename(values.wrt)];
  const original = withFloat32Inputs(freed.model);
  const sessions = sessionsNamed(backend);
  const runner = runnerOf(sessions);
  const probe = probeOf(sessions);
  const feeds = await readFeeds(original, values.input);
  const { model, shapes: bare } = await prepareGraph(original, probe, { feeds });
  const shape = bare.shapes.get(output);
  if (!shape) throw unknownValue(model, values.output);
  if (!bare.shapes.has(wrt)) throw unknownValue(model, values.wrt);
  const weights = asShape(
    converted(await readNpy(cotangent), "float32", "cotangent"),
    shape,
    cotangent,
  );
  const type = bare.types.get(output) ?? ELEMENT_TYPE.float32;
  if (!isFloatType(type)) {
    throw new LabError("graph-invalid", `"${output}" holds no floating-point numbers.`);
  }
  const headed = withCotangentLoss(model, [{ name: output, shape, type }]);
  const allFeeds = { ...feeds, [cotangentName(output)]: weights };
  const shapes = await readShapes(headed, probe, { feeds: allFeeds });
  const halfPrecision = [...shapes.types.values()].includes(ELEMENT_TYPE.float16);
  let result: VjpResult | undefined;
  // Half precision underflows without a loss scale and overflows with too large a one.
  for (const lossScale of halfPrecision ? HALF_LOSS_SCALES : [1]) {
    result = await vjp({ headed, shapes, wrt, feeds: allFeeds }, lossScale, runner);
    if (result.overflows === 0) break;
  }
  const { gradient, ...told } = result!;
  await writeNpy(out, gradient);
  const notice =
    told.overflows === 0
      ? {}
      : {
          notice: `${told.overflows} of ${gradient.data.length} entries are not finite: the derivative does not exist there, or a number overflowed.`,
        };
  const named = { output: values.output, wrt: values.wrt };
  print({ model: file, backend, ...named, shape: gradient.shape, out, ...told, ...notice });
}

/** Powers of two to try on half-precision graphs, until no entry overflows. */
const HALF_LOSS_SCALES = [1024, 64, 4, 1 / 4, 1 / 64, 1 / 1024];

interface VjpResult {
  readonly gradient: FloatTensor;
  /** sum(output * cotangent). */
  readonly loss: number;
  readonly lossScale: number;
  /** Entries of the gradient that are not finite. */
  readonly overflows: number;
  readonly surrogate: boolean;
  readonly surrogateNodes: readonly string[];
}

/** A graph with the cotangent's loss at its end, and what it is fed. */
interface VjpProblem {
  readonly headed: ModelProto;
  readonly shapes: ShapeTable;
  readonly wrt: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

async function vjp(
  { headed, shapes, wrt, feeds }: VjpProblem,
  lossScale: number,
  runner: GraphRunner,
): Promise<VjpResult> {
  const { model, gradients, surrogate, surrogateNodes } = differentiate(headed, {
    loss: LOSS_OUTPUT,
    wrt: [wrt],
    shapes,
    target: "wasm",
    outputs: [LOSS_OUTPUT],
    lossScale,
  });
  const results = await runner(serializeModel(model), feeds);
  const gradient = asFloat32(results[gradients[wrt]!]!);
  return {
    gradient,
    loss: asFloat32(results[LOSS_OUTPUT]!).data[0]!,
    lossScale,
    overflows: gradient.data.filter((v) => !Number.isFinite(v)).length,
    surrogate,
    surrogateNodes,
  };
}

function unknownValue(model: ModelProto, name: string): LabError {
  const view = new GraphView(model);
  const inputs = view.inputs.map((info) => info.name).join(", ");
  return new LabError("graph-invalid", `The graph has no value named "${name}".`, {
    hint: `Its inputs are ${inputs}; its outputs are ${view.outputs.join(", ")}.`,
  });
}

/** The same values with the output's shape, where the counts agree. */
function asShape(tensor: Tensor, shape: readonly number[], name: string): FloatTensor {
  const data = tensor.data as Float32Array;
  if (tensor.shape.join() !== shape.join()) {
    throw new LabError(
      "model-incompatible",
      `${name} has shape [${tensor.shape.join(", ")}], and the output has [${shape.join(", ")}].`,
      { hint: "The cotangent must have the output's shape." },
    );
  }
  return floatTensor(data, shape);
}

function asFloat32(tensor: Tensor): FloatTensor {
  const data =
    tensor.dtype === "float16"
      ? Float32Array.from(tensor.data as Uint16Array, halfToNumber)
      : Float32Array.from(tensor.data as ArrayLike<number>);
  return floatTensor(data, tensor.shape);
}
