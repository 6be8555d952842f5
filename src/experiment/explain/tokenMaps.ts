/** Maps over the model's own tokens: from attention and from gradients at the tokens. */
import { channelsFirst, gradCam as gradCamOf } from "../../explanations/gradCam.ts";
import { layerWeightedMean } from "../../explanations/layerMean.ts";
import { headMean } from "../../tensor/headMean.ts";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import type { Explainer } from "./explainer.ts";
import { marginObjective } from "./score.ts";

const NO_ATTENTION = "This model shows no attention over the whole picture.";
const NO_INSIDE =
  "This needs the model's inside, and a defense stands in front of it: switch the defenses off.";
const NO_ANSWER = "This model gives no answer whose margin could be followed back.";

export const rollout: Explainer = {
  id: "rollout",
  label: "Attention rollout",
  how: "follows the encoder's attention through its layers; it does not know the question",
  source:
    "Abnar & Zuidema 2020, Quantifying Attention Flow in Transformers (arXiv:2005.00928), residual weight 1/2",
  unit: "share",
  params: {},
  obstacle: ({ reading }) => (reading.rollout.length > 0 ? undefined : NO_ATTENTION),
  async *explain({ reading }) {
    yield* [];
    return { grid: reading.grid, values: reading.rollout };
  },
};

/** What the answer attends to, or where there is no answer what the encoder does; of layers on one grid. */
function aggregated(attention: readonly AttentionLayer[]): readonly AttentionLayer[] {
  const kind = attention.some((layer) => layer.kind === "cross") ? "cross" : "self";
  const layers = attention.filter((layer) => layer.kind === kind);
  const { grid } = layers.at(-1) ?? {};
  return layers.filter((layer) => String(layer.grid) === String(grid));
}

export const layerWeighted: Explainer = {
  id: "layerWeighted",
  label: "Layer-weighted attention",
  how: "averages the attention of the answering position over heads, layer i of L weighted (i + 1) / L",
  source:
    "Layer-weighted aggregate: mean over heads, weights (i + 1) / L, divided by its sum; query row of the answering position",
  unit: "share",
  params: {},
  obstacle: ({ reading }) => (aggregated(reading.attention).length > 0 ? undefined : NO_ATTENTION),
  async *explain({ reading }) {
    yield* [];
    const layers = aggregated(reading.attention);
    return { grid: layers[0]!.grid, values: layerWeightedMean(layers.map((l) => headMean(l))) };
  },
};

export const relevance: Explainer = {
  id: "relevance",
  label: "Answer relevance",
  how: "weighs attention by the gradient of the answer's margin, from the answer down through the encoder",
  source:
    "Chefer, Gur & Wolf 2021, Generic Attention-model Explainability (arXiv:2103.15679), rule for an encoder with a decoder",
  unit: "share",
  params: {},
  obstacle: ({ reading }) =>
    reading.answer && reading.attention.length > 0 ? undefined : NO_ANSWER,
  async *explain(subject, { context }) {
    yield { done: 0, total: 1 };
    await context.yieldToHost();
    const objective = marginObjective(subject);
    if (context.signal.aborted || objective.kind !== "answer") return undefined;
    const values = await subject.system.relevance(subject.image, objective);
    return { grid: subject.reading.grid, values };
  },
};

export const gradCam: Explainer = {
  id: "gradCam",
  label: "Grad-CAM",
  how: "weighs the channels of the image tokens by the mean gradient of the margin and keeps what speaks for the answer",
  source:
    "Selvaraju et al. 2017, Grad-CAM (arXiv:1610.02391), equations 1 and 2, at the tokens that the answering side reads",
  unit: "logits",
  params: {},
  obstacle: ({ system, reading }) => {
    if (!innerModelOf(system)) return NO_INSIDE;
    return reading.answer ? undefined : NO_ANSWER;
  },
  async *explain(subject, { context }) {
    yield { done: 0, total: 1 };
    await context.yieldToHost();
    const model = innerModelOf(subject.system);
    if (context.signal.aborted || !model) return undefined;
    const { grid } = subject.reading;
    const { tokens, gradient } = await model.tokenGradient(subject.image, marginObjective(subject));
    const channels = tokens.shape.at(-1)!;
    // Class and register tokens stand before those of the picture.
    const first = tokens.data.length - grid[0] * grid[1] * channels;
    const [a, g] = [tokens.data, gradient].map((each) =>
      channelsFirst(each.subarray(first), channels),
    );
    return { grid, values: gradCamOf(a!, g!, channels) };
  },
};
