/** A model's own graphs, changed and opened: adapters on either side, gains on the encoder's frequency bands. */
import { LabError } from "../errors/labError.ts";
import type { InnerChange, InnerEdit } from "../model/modelLink.ts";
import { BAND_INPUTS, withBands } from "../onnx/edit/bands.ts";
import { LEARNED_SCALE_INPUT, withLearnedBands } from "../onnx/edit/learnedBands.ts";
import { LORA_SCALE_INPUT, withLora } from "../onnx/edit/lora.ts";
import { serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { withTaps } from "../onnx/taps.ts";
import { Encoder } from "./encoder.ts";
import type { Scalar } from "./encoder.ts";
import { featureSlots } from "./links.ts";
import type { AnswerSide, ModelParts } from "./modelParts.ts";
import { probeRunner } from "./runners.ts";
import type { GraphSession } from "./session.ts";

export interface EditedParts {
  readonly parts: ModelParts;
  readonly opened: readonly GraphSession[];
  /** The scalar of the encoder that each scalar of each edit became, in the order of the edits. */
  readonly scalars: readonly Readonly<Record<string, string>>[];
}

/** A prompt long enough to tell the shapes of an answering graph. */
const PROBED = 4;

/** @throws LabError "graph-invalid" | "model-incompatible" where an edit does not fit, "spec-invalid" where one comes twice */
export async function editedParts(
  parts: ModelParts,
  edits: readonly InnerEdit[],
): Promise<EditedParts> {
  const opened: GraphSession[] = [];
  const scalars: Record<string, string>[] = [];
  let edited = parts;
  try {
    for (const [k, edit] of edits.entries()) {
      // Each brings inputs of a fixed name with it.
      if (edits.findIndex(({ name }) => name === edit.name) < k) throw twice(edit);
      const names = Object.fromEntries(
        Object.keys(edit.scalars).map((scalar) => [scalar, `${edit.name} ${k + 1} ${scalar}`]),
      );
      scalars.push(names);
      edited = withScalars(edited, edit, names);
      const ofAnswer = edit.change.kind === "adapters" && edit.change.side === "answer";
      edited = await (ofAnswer ? editedAnswer : editedEncoder)(edited, edit, names);
      opened.push(ofAnswer ? edited.answerSide!.session : visionOf(edited).session);
    }
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()));
    throw error;
  }
  return { parts: edited, opened, scalars };
}

function twice({ name }: InnerEdit): LabError {
  return new LabError(
    "spec-invalid",
    `The model has its ${name} already, and a second one does not fit into its graphs.`,
    { hint: "Switch one of the two off, or take it out." },
  );
}

type Names = Readonly<Record<string, string>>;

/** The input that each scalar of a change becomes. */
const INPUTS: Readonly<Record<InnerChange["kind"], Names>> = {
  adapters: { scale: LORA_SCALE_INPUT },
  bands: BAND_INPUTS,
  learnedBands: { scale: LEARNED_SCALE_INPUT },
};

/** By the graph's inputs, the scalars of the encoder. */
function fedBy({ change }: InnerEdit, names: Names): Names {
  return Object.fromEntries(
    Object.entries(names).map(([scalar, value]) => [INPUTS[change.kind][scalar]!, value]),
  );
}

function changed(model: ModelProto, change: InnerChange, table: ShapeTable): ModelProto {
  if (change.kind === "adapters") return withLora(model, change.adapters, table);
  return change.kind === "bands"
    ? withBands(model, change, table)
    : withLearnedBands(model, change, table);
}

/** Scalars are kept with the encoder, which begins every chain, whichever graph reads them. */
function withScalars(parts: ModelParts, { scalars }: InnerEdit, names: Names): ModelParts {
  const { parts: own } = parts.encoder;
  const added = Object.entries(scalars).map(([input, value]): [string, Scalar] => [
    names[input]!,
    { value, dims: [] },
  ]);
  const encoder = new Encoder({
    ...own,
    scalars: { ...own.scalars, ...Object.fromEntries(added) },
  });
  return { ...parts, encoder };
}

async function editedAnswer(parts: ModelParts, edit: InnerEdit, names: Names): Promise<ModelParts> {
  const { answerSide, encoder, sessions, manifest } = parts;
  if (!answerSide) {
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} is an image encoder without a text side, so the ${edit.name} has nothing to change.`,
    );
  }
  const { tokens } = await featureSlots(encoder, sessions);
  const { promptLength = PROBED, model: before, crossTaps } = answerSide;
  const scalars = { ...answerSide.scalars, ...fedBy(edit, names) };
  const fed = Object.keys(answerSide.scalars ?? {}).map((input) => [input, []]);
  const table = await readShapes(before, probeRunner(sessions), {
    shapes: { ids: [1, promptLength], tokens, ...Object.fromEntries(fed) },
  });
  const model = changed(before, edit.change, table);
  const taps = crossTaps.flatMap((tap) => [tap.name, ...(tap.within ? [tap.within.tap.name] : [])]);
  const session = await opened(parts, model, taps);
  const side: AnswerSide = { ...answerSide, model, session, scalars };
  return { ...parts, answerSide: side };
}

async function editedEncoder(
  parts: ModelParts,
  edit: InnerEdit,
  names: Names,
): Promise<ModelParts> {
  const { encoder, sessions } = parts;
  const link = visionOf(parts);
  const shapes = encoder.shapes(1);
  const table = await readShapes(link.model, probeRunner(sessions), {
    shapes: Object.fromEntries(
      Object.entries(link.inputs).map(([input, value]) => [input, shapes[value]!]),
    ),
  });
  const model = changed(link.model, edit.change, table);
  const session = await opened(parts, model, Object.keys(link.outputs));
  const own = { ...link, model, session, inputs: { ...link.inputs, ...fedBy(edit, names) } };
  const links = encoder.links.map((each) => (each === link ? own : each));
  return { ...parts, encoder: new Encoder({ ...encoder.parts, links }) };
}

function visionOf({ encoder }: ModelParts) {
  return encoder.links.find(({ name }) => name === encoder.parts.vision)!;
}

function opened(
  { encoder, sessions }: ModelParts,
  model: ModelProto,
  taps: readonly string[],
): Promise<GraphSession> {
  const isFixed = sessions.backend === "webgpu" || encoder.parts.isFixedBatch;
  return sessions.create(
    serializeModel(withTaps(model, taps)),
    isFixed ? { dimensions: { b: 1 } } : {},
  );
}
