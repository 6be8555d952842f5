/** Graphs linked to an encoder: purifiers of its image before it, mappers of its tokens and embedding after it. */
import { LabError, fault } from "../errors/labError.ts";
import type { GraphLink } from "../model/modelLink.ts";
import { foldWeights } from "../onnx/edit/foldWeights.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import type { PreparedGraph } from "../onnx/inline.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { chainShapes } from "./chain.ts";
import type { OpenLink } from "./chain.ts";
import { Encoder, IMAGE } from "./encoder.ts";
import type { EncoderParts, Scalar } from "./encoder.ts";
import { probeRunner } from "./runners.ts";
import type { GraphSession, SessionFactory } from "./session.ts";

export interface LinkedEncoder {
  readonly encoder: Encoder;
  /** Sessions made for the links. */
  readonly opened: readonly GraphSession[];
  /** The value of the chain that each scalar of each link became, in the order of the links. */
  readonly scalars: readonly Readonly<Record<string, string>>[];
}

/** What passes between the links, and its shape for one image. */
type Slots = Readonly<Partial<Record<Slot, readonly number[]>>>;
type Slot = "image" | "tokens" | "embedding";

interface LinkTools {
  readonly sessions: SessionFactory;
  /** Where a session is noted as soon as it is made. */
  readonly opened: GraphSession[];
}

/** @throws LabError "model-incompatible" when a graph does not fit its place */
export async function linkedEncoder(
  encoder: Encoder,
  links: readonly GraphLink[],
  sessions: SessionFactory,
): Promise<LinkedEncoder> {
  const { size } = encoder.parts;
  const before: Slots = { image: [1, 1, size, size] };
  const after = await featureSlots(encoder, sessions);
  const opened: GraphSession[] = [];
  const tools = { sessions, opened };
  try {
    let { parts } = encoder;
    const names = new Map<GraphLink, string>();
    const fitted = async (link: GraphLink, slots: Slots): Promise<FittedLink> => {
      const opening = await openLink(parts, link, slots, tools);
      names.set(link, opening.name);
      return opening;
    };
    // The last one given stands nearest to the encoder.
    for (const link of links.filter(({ place }) => place === "before").toReversed()) {
      parts = linkedBefore(parts, await fitted(link, before));
    }
    for (const link of links.filter(({ place }) => place === "after")) {
      parts = linkedAfter(parts, await fitted(link, after));
    }
    const scalars = links.map((link) =>
      Object.fromEntries(
        Object.keys(link.scalars).map((name) => [name, scalarValue(names.get(link)!, name)]),
      ),
    );
    return { encoder: new Encoder(parts), opened, scalars };
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()));
    throw error;
  }
}

/** Shapes of the encoder's tokens and embedding. */
export async function featureSlots(
  encoder: Encoder,
  sessions: SessionFactory,
): Promise<{ readonly tokens: readonly number[]; readonly embedding: readonly number[] }> {
  const { links, parts } = encoder;
  const tables = await chainShapes(links, encoder.shapes(1), probeRunner(sessions));
  const shapeOf = (value: string): readonly number[] => {
    for (const [k, { outputs }] of links.entries()) {
      const name = Object.keys(outputs).find((output) => outputs[output] === value);
      if (name !== undefined) return tables[k]!.shapes.get(name)!;
    }
    throw fault(`no link makes "${value}"`);
  };
  return { tokens: shapeOf(parts.tokens), embedding: shapeOf(parts.embedding) };
}

/** A graph that fits its place, with a session. */
interface FittedLink {
  readonly name: string;
  readonly model: ModelProto;
  readonly session: GraphSession;
  /** What each input of the graph reads, and each output makes. */
  readonly reads: Readonly<Record<string, Slot>>;
  readonly makes: Readonly<Record<string, Slot>>;
  readonly scalars: Readonly<Record<string, Scalar>>;
  readonly isFixedBatch: boolean;
}

async function openLink(
  { links, isFixedBatch }: EncoderParts,
  link: GraphLink,
  slots: Slots,
  { sessions, opened }: LinkTools,
): Promise<FittedLink> {
  const parsed = parseModel(link.graph);
  const { reads, scalars } = fittingInputs(parsed, link, slots);
  const prepared = await prepareGraph(parsed, probeRunner(sessions), {
    shapes: {
      ...Object.fromEntries(Object.entries(reads).map(([input, slot]) => [input, slots[slot]!])),
      ...Object.fromEntries(
        Object.entries(scalars).map(([input, { dims }]) => [input, ones(dims)]),
      ),
    },
  });
  const makes = fittingOutputs(prepared, link, slots);
  // On the CPU every run would dequantize the weights again.
  const model = sessions.backend === "webgpu" ? prepared.model : foldWeights(prepared.model);
  const session = await sessions.create(
    serializeModel(model),
    isFixedBatch ? { dimensions: { b: 1 } } : {},
  );
  opened.push(session);
  const view = new GraphView(model);
  const taken = links.filter(({ name }) => name === link.name || name.startsWith(`${link.name} `));
  return {
    name: taken.length === 0 ? link.name : `${link.name} ${taken.length + 1}`,
    model,
    session,
    reads,
    makes,
    scalars,
    isFixedBatch: Object.keys(reads).some(
      (input) => typeof declaredDims(view.input(input)!)?.[0] === "number",
    ),
  };
}

/**
 * Which of the place's values each input reads, told by the number of axes, and the scalars beside them.
 * @throws LabError "model-incompatible" for an input that nothing fits
 */
function fittingInputs(
  model: ModelProto,
  { name, place, scalars }: GraphLink,
  slots: Slots,
): Pick<FittedLink, "reads" | "scalars"> {
  const reads: Record<string, Slot> = {};
  const fed: Record<string, Scalar> = {};
  for (const info of new GraphView(model).inputs) {
    const dims = declaredDims(info) ?? [];
    const value = scalars[info.name];
    if (elementTypeOf(info) !== ELEMENT_TYPE.float32) {
      throw unfitting(name, `its input "${info.name}" does not hold float32 numbers`);
    }
    if (value !== undefined) {
      if (sizeOf(ones(dims)) !== 1) {
        throw unfitting(name, `its input "${info.name}" [${dims.join(", ")}] is not one number`);
      }
      fed[info.name] = { value, dims };
      continue;
    }
    const slot = entriesOf(slots).find(([, shape]) => accepts(dims, shape))?.[0];
    if (slot === undefined || Object.values(reads).includes(slot)) {
      throw unfitting(
        name,
        `its input "${info.name}" [${dims.join(", ")}] is neither ${told(slots)} nor one of the numbers it is given (${Object.keys(scalars).join(", ") || "none"})`,
      );
    }
    reads[info.name] = slot;
  }
  const unknown = Object.keys(scalars).find((each) => !(each in fed));
  if (unknown !== undefined) throw unfitting(name, `it has no input "${unknown}"`);
  if (Object.keys(reads).length > 0) return { reads, scalars: fed };
  throw unfitting(name, `nothing it takes stands ${place} the encoder (${told(slots)})`);
}

/** @throws LabError "model-incompatible" when no output has the form of what the place hands on */
function fittingOutputs(
  { model, shapes }: PreparedGraph,
  { name }: GraphLink,
  slots: Slots,
): FittedLink["makes"] {
  const makes: Record<string, Slot> = {};
  for (const output of new GraphView(model).outputs) {
    const shape = shapes.shapes.get(output)?.join();
    const slot = entriesOf(slots).find(([, wanted]) => wanted.join() === shape)?.[0];
    if (slot === undefined || Object.values(makes).includes(slot)) continue;
    if (shapes.types.get(output) === ELEMENT_TYPE.float32) makes[output] = slot;
  }
  if (Object.keys(makes).length > 0) return makes;
  throw unfitting(name, `no output of it is ${told(slots)} in float32`);
}

function linkedBefore(parts: EncoderParts, link: FittedLink): EncoderParts {
  const made = `${link.name} image`;
  const repointed = parts.links.map((each) => ({
    ...each,
    inputs: Object.fromEntries(
      Object.entries(each.inputs).map(([input, value]) => [input, value === IMAGE ? made : value]),
    ),
  }));
  const opened = asLink(link, { image: IMAGE }, { image: made });
  return { ...withScalars(parts, link), links: [opened, ...repointed] };
}

function linkedAfter(parts: EncoderParts, link: FittedLink): EncoderParts {
  const { tokens, embedding } = parts;
  const made = { tokens: `${link.name} tokens`, embedding: `${link.name} embedding` };
  const isMade = (slot: Slot): boolean => Object.values(link.makes).includes(slot);
  return {
    ...withScalars(parts, link),
    links: [...parts.links, asLink(link, { tokens, embedding }, made)],
    tokens: isMade("tokens") ? made.tokens : tokens,
    embedding: isMade("embedding") ? made.embedding : embedding,
    isMapped: parts.isMapped || isMade("embedding"),
  };
}

function asLink(
  { name, model, session, reads, makes, scalars }: FittedLink,
  read: Readonly<Partial<Record<Slot, string>>>,
  made: Readonly<Partial<Record<Slot, string>>>,
): OpenLink {
  return {
    name,
    model,
    session,
    inputs: Object.fromEntries([
      ...Object.entries(reads).map(([input, slot]) => [input, read[slot]!]),
      ...Object.keys(scalars).map((input) => [input, scalarValue(name, input)]),
    ]),
    outputs: Object.fromEntries(
      Object.entries(makes).map(([output, slot]) => [output, made[slot]!]),
    ),
  };
}

function withScalars(
  parts: EncoderParts,
  { name, scalars, isFixedBatch }: FittedLink,
): EncoderParts {
  const fed = Object.entries(scalars).map(([input, scalar]) => [scalarValue(name, input), scalar]);
  return {
    ...parts,
    scalars: { ...parts.scalars, ...Object.fromEntries(fed) },
    isFixedBatch: parts.isFixedBatch || isFixedBatch,
  };
}

function scalarValue(link: string, input: string): string {
  return `${link} ${input}`;
}

/** The sizes with one image. */
function ones(dims: readonly (number | string)[]): number[] {
  return dims.map((dim) => (typeof dim === "number" ? dim : 1));
}

function accepts(dims: readonly (number | string)[], shape: readonly number[]): boolean {
  return (
    dims.length === shape.length &&
    dims.every((dim, i) => typeof dim !== "number" || dim === shape[i])
  );
}

function entriesOf(slots: Slots): [Slot, readonly number[]][] {
  return Object.entries(slots) as [Slot, readonly number[]][];
}

function told(slots: Slots): string {
  return entriesOf(slots)
    .map(([slot, shape]) => `${slot} [${shape.join(", ")}]`)
    .join(" or ");
}

function unfitting(name: string, reason: string): LabError {
  return new LabError("model-incompatible", `The ${name} does not fit this model: ${reason}.`);
}
