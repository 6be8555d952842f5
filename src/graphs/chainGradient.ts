/**
 * The gradient of a scalar at the end of a chain, link by link: forward through all links, then backward through each by
 * its vector-Jacobian product, the gradient of sum(output * cotangent). No graph is larger than one link with its own
 * gradient, so that a model may have any number of files of up to 2 GB.
 */
import { LabError } from "../errors/labError.ts";
import { LOSS_OUTPUT, cotangentName, withCotangentLoss } from "../onnx/edit/lossHeads.ts";
import { serializeModel } from "../onnx/file.ts";
import { differentiate } from "../onnx/grad/differentiate.ts";
import { reachOf } from "../onnx/grad/flow.ts";
import { GraphView } from "../onnx/graph.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { numbersOf } from "../onnx/tensorData.ts";
import { floatTensor, sizeOf } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { chainShapes, linkFeeds, linksBehind, runLinks } from "./chain.ts";
import type { ChainFeeds, Link, OpenLink } from "./chain.ts";
import { packedBytes, weightBytes } from "./mergedLinks.ts";
import { probeRunner } from "./runners.ts";
import type { GraphSession, SessionFactory } from "./session.ts";
import { heldBytes, isRecomputed, requireGradientRoom } from "./tabMemory.ts";

export interface ChainGradientRequest {
  readonly links: readonly Link[];
  /** The value with one element that is differentiated. */
  readonly loss: string;
  /** Values to differentiate with respect to: fed ones, or what a link makes. */
  readonly wrt: readonly string[];
  /** Shapes of what is fed. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export interface ChainGradientResult {
  readonly loss: number;
  /** By name; a value that the loss does not depend on has none. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** The values themselves, for those of `wrt` that stand inside a graph. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** One link's way back: from the cotangents of what it makes to those of what it reads. */
interface Backward {
  readonly session: GraphSession;
  /** Outputs of the graph whose cotangents are fed; empty for the link that makes the loss. */
  readonly cotangents: readonly { readonly output: string; readonly shape: readonly number[] }[];
  /** Value of the chain and the session's output that holds its gradient. */
  readonly gradients: readonly { readonly value: string; readonly output: string }[];
  /** Values of the chain that this session returns too. */
  readonly values: readonly { readonly value: string; readonly output: string }[];
  /** Without its graph, whose weights are the session's by now. */
  readonly link: Pick<Link, "inputs" | "outputs">;
  /** Nodes of this link with a straight-through stand-in instead of a derivative. */
  readonly surrogateNodes: readonly string[];
}

/**
 * Weights of small forms above this many bytes stay as they are stored. A way back reads each one turned over and in full
 * precision; worked out when the graph opens, that is kept beside it: 3.0 GB for 259 MB of 8-bit weights.
 */
const KEPT_BYTES = 64 * 2 ** 20;

export class ChainGradient {
  readonly #request: Pick<ChainGradientRequest, "loss" | "wrt">;
  /** Forward, all but the link that makes the loss. */
  readonly #forward: readonly OpenLink[];
  /** From the loss to the first link. */
  readonly #backward: readonly Backward[];
  readonly #own: readonly GraphSession[];

  private constructor(
    request: ChainGradientRequest,
    forward: readonly OpenLink[],
    backward: readonly Backward[],
    own: readonly GraphSession[],
  ) {
    this.#request = { loss: request.loss, wrt: request.wrt };
    this.#forward = forward;
    this.#backward = backward;
    this.#own = own;
  }

  /**
   * Builds the graphs and their sessions.
   * @throws LabError "graph-unsupported-op" for an operator without a gradient rule on the path, "graph-invalid" when the
   *   loss depends on none of the values
   */
  static async open(
    request: ChainGradientRequest,
    sessions: SessionFactory,
  ): Promise<ChainGradient> {
    const links = linksBehind(request.links, [request.loss]);
    const runner = probeRunner(sessions);
    const tables = await chainShapes(links, request.shapes, runner);
    const bytes = links.reduce(
      (sum, { model }, k) => sum + 2 * weightBytes(model) + heldBytes(model, tables[k]!),
      0,
    );
    requireGradientRoom(bytes, sessions.backend);
    const plans = planBackward(links, tables, request);
    const own: GraphSession[] = [];
    const create = async (model: ModelProto): Promise<GraphSession> => {
      const keepsWeights = packedBytes(model) > KEPT_BYTES;
      const bytes = serializeModel(model);
      const session = await sessions.create(bytes, { keepsWeights });
      letGo(bytes);
      own.push(session);
      return session;
    };
    try {
      const backward: Backward[] = [];
      for (const plan of plans)
        backward.push(await openBackward(plan, { sessions, runner, create }));
      const forward: OpenLink[] = [];
      for (const link of links.slice(0, -1)) {
        const session = link.session ?? (await create(link.model));
        forward.push({ ...link, session });
      }
      return new ChainGradient(request, forward, backward, own);
    } catch (error) {
      await Promise.all(own.map((session) => session.release()));
      throw error;
    }
  }

  /** Graphs that a gradient is computed by: 1 where all links were joined. */
  get length(): number {
    return this.#forward.length + 1;
  }

  /** Nodes whose gradient is a stand-in (quantized activations), as "Op name"; empty where the gradient is exact. */
  get surrogateNodes(): readonly string[] {
    return this.#backward.flatMap(({ surrogateNodes }) => surrogateNodes);
  }

  async lossAndGradients(feeds: ChainFeeds): Promise<ChainGradientResult> {
    const values = await this.#forwardValues(feeds);
    const cotangents = new Map<string, Float32Array>();
    const made: Record<string, Float32Array> = {};
    let loss = NaN;
    for (const { session, link, gradients, values: returned, ...backward } of this.#backward) {
      const wanted = [...gradients, ...returned].map(({ output }) => output);
      const isLast = backward.cotangents.length === 0;
      if (isLast) wanted.push(this.#lossOutput());
      const results = await session.run(
        {
          ...linkFeeds(link.inputs, values),
          ...cotangentFeeds(link, backward.cotangents, cotangents),
        },
        wanted,
      );
      if (isLast) loss = floats(results[this.#lossOutput()]!)[0]!;
      for (const { value, output } of gradients) {
        const part = floats(results[output]!);
        const sum = cotangents.get(value);
        cotangents.set(value, sum ? sum.map((x, i) => x + part[i]!) : part);
      }
      for (const { value, output } of returned) made[value] = floats(results[output]!);
    }
    const wrt = this.#request.wrt.flatMap((name) => {
      const gradient = cotangents.get(name);
      return gradient ? [[name, gradient] as const] : [];
    });
    return { loss, gradients: Object.fromEntries(wrt), values: made };
  }

  /** The loss alone, by the same graphs: for central differences, with the same rounding on both sides. */
  async loss(feeds: ChainFeeds): Promise<number> {
    const { session, link } = this.#backward[0]!;
    const values = await this.#forwardValues(feeds);
    const output = this.#lossOutput();
    const results = await session.run(linkFeeds(link.inputs, values), [output]);
    return floats(results[output]!)[0]!;
  }

  async release(): Promise<void> {
    for (const session of this.#own) await session.release();
  }

  #lossOutput(): string {
    const { outputs } = this.#backward[0]!.link;
    return Object.keys(outputs).find((name) => outputs[name] === this.#request.loss)!;
  }

  async #forwardValues(feeds: ChainFeeds): Promise<ReadonlyMap<string, Tensor>> {
    const wanted = this.#backward.flatMap(({ link }) => Object.values(link.inputs));
    const made = wanted.filter((value) => !(value in feeds));
    return new Map(
      Object.entries({ ...feeds, ...(await runLinks(this.#forward, feeds, [...new Set(made)])) }),
    );
  }
}

/**
 * Frees the bytes of a graph that the runtime has its own copy of. A run of minutes in WebAssembly makes nothing that
 * would have them collected, and they are as large as the model.
 */
function letGo({ buffer }: Uint8Array): void {
  const own = buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  own.transfer?.(0);
}

/** What one link's gradient graph is to compute. */
interface BackwardPlan {
  readonly link: Link;
  readonly table: ShapeTable;
  /** Outputs that carry a cotangent. */
  readonly outputs: readonly string[];
  readonly isLoss: boolean;
  /** Inputs and inner values whose gradient is wanted, by the graph's names. */
  readonly wrt: Readonly<Record<string, string>>;
  /** Those of them that the link makes. */
  readonly made: Readonly<Record<string, string>>;
}

/** From the loss back: which gradients each link hands on. Values that do not move with `wrt` are left out. */
function planBackward(
  links: readonly Link[],
  tables: readonly ShapeTable[],
  { loss, wrt }: ChainGradientRequest,
): readonly BackwardPlan[] {
  const moving = new Set(wrt);
  const movedInputs = links.map((link) => {
    const inputs = Object.entries(link.inputs).filter(([, value]) => moving.has(value));
    const makesOne = Object.values(link.outputs).some((value) => moving.has(value));
    if (inputs.length > 0 || makesOne) {
      for (const value of Object.values(link.outputs)) moving.add(value);
    }
    return inputs;
  });
  const needed = new Set([loss]);
  const plans: BackwardPlan[] = [];
  for (let k = links.length - 1; k >= 0; k--) {
    const link = links[k]!;
    const table = tables[k]!;
    const outputs = Object.keys(link.outputs).filter((name) => needed.has(link.outputs[name]!));
    const view = new GraphView(link.model);
    const moves = ([name]: readonly [string, string]): boolean => {
      const { values } = reachOf(view, table.types, [name]);
      return outputs.some((output) => values.has(output));
    };
    const made = Object.entries(link.outputs)
      .filter(([name, value]) => wrt.includes(value) && !outputs.includes(name))
      .filter(moves);
    const read = movedInputs[k]!.filter(moves);
    if (outputs.length === 0 || read.length + made.length === 0) continue;
    for (const [, value] of read) needed.add(value);
    plans.push({
      link,
      table,
      outputs,
      isLoss: outputs.some((name) => link.outputs[name] === loss),
      wrt: Object.fromEntries([...read, ...made]),
      made: Object.fromEntries(made),
    });
  }
  if (plans[0]?.isLoss === true) return plans;
  throw new LabError(
    "graph-invalid",
    `"${loss}" does not depend on ${wrt.map((name) => `"${name}"`).join(" or ")} through differentiable operators.`,
  );
}

interface BackwardTools {
  readonly sessions: SessionFactory;
  readonly runner: GraphRunner;
  readonly create: (model: ModelProto) => Promise<GraphSession>;
}

async function openBackward(
  { link, table, outputs, isLoss, wrt, made }: BackwardPlan,
  { sessions, runner, create }: BackwardTools,
): Promise<Backward> {
  const cotangents = isLoss
    ? []
    : outputs.map((output) => ({ output, shape: table.shapes.get(output)! }));
  const loss = isLoss ? outputs[0]! : LOSS_OUTPUT;
  let { model } = link;
  let shapes = table;
  if (!isLoss) {
    model = withCotangentLoss(
      model,
      cotangents.map(({ output: name, shape }) => {
        const type = table.types.get(name);
        return { name, shape, ...(type === undefined ? {} : { type }) };
      }),
    );
    shapes = await readShapes(model, runner, {
      shapes: Object.fromEntries([
        ...Object.keys(link.inputs).map((name) => [name, table.shapes.get(name)!]),
        ...cotangents.map(({ output, shape }) => [cotangentName(output), shape]),
      ]),
    });
  }
  const values = Object.entries(made).map(([output, value]) => ({ value, output }));
  const graph = differentiate(model, {
    loss,
    wrt: Object.keys(wrt),
    shapes,
    target: sessions.backend === "webgpu" ? "webgpu" : "wasm",
    outputs: [...(isLoss ? [loss] : []), ...values.map(({ output }) => output)],
    recomputes: sessions.backend !== "native" && isRecomputed(model, shapes),
  });
  return {
    link: { inputs: link.inputs, outputs: link.outputs },
    surrogateNodes: graph.surrogateNodes,
    session: await create(graph.model),
    cotangents,
    gradients: Object.entries(wrt).map(([name, value]) => ({
      value,
      output: graph.gradients[name]!,
    })),
    values,
  };
}

/** What came back for each output; zero where nothing did. */
function cotangentFeeds(
  { outputs }: Pick<Link, "outputs">,
  wanted: Backward["cotangents"],
  known: ReadonlyMap<string, Float32Array>,
): Record<string, Tensor> {
  return Object.fromEntries(
    wanted.map(({ output, shape }) => {
      const cotangent = known.get(outputs[output]!) ?? new Float32Array(sizeOf(shape));
      return [cotangentName(output), floatTensor(cotangent, shape)];
    }),
  );
}

function floats(tensor: Tensor): Float32Array {
  return tensor.dtype === "float32"
    ? (tensor.data as Float32Array)
    : Float32Array.from(numbersOf(tensor));
}
