/**
 * A vision-language model small enough to compute by hand, for tests of the experiment: features are block means, the
 * yes-logit is their product with fixed weights, so that gradients are exact.
 */
import { LabError } from "../errors/labError.ts";
import { attentionLoss, weighedCells } from "../model/attentionLoss.ts";
import type { FeatureObjective } from "../model/objective.ts";
import { answerLoss, featureLoss, textLoss } from "../model/objectiveLoss.ts";
import type { ModelManifest } from "../model/manifest.ts";
import type {
  AttentionLayer,
  Encoding,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import { floatTensor } from "../tensor/tensor.ts";

const SIZE = 32;
const GRID = 8;
const CELL = SIZE / GRID;
const CELLS = GRID * GRID;
const YES = 1;
const NO = 2;

export interface FakeModel extends VisionLanguageModel {
  /** Calls by method, for tests of what is run again. */
  readonly calls: {
    encode: number;
    embed: number;
    answer: number;
    loss: number;
    lossGradient: number;
    release: number;
  };
}

export function fakeModel(): FakeModel {
  const calls = { encode: 0, embed: 0, answer: 0, loss: 0, lossGradient: 0, release: 0 };
  const weights = Float32Array.from({ length: CELLS }, (_, k) => Math.sin(3 * k + 1));
  const bias = -0.02;
  const features = (image: Float32Array) => {
    const means = new Float32Array(CELLS);
    for (let i = 0; i < SIZE; i++) {
      for (let j = 0; j < SIZE; j++) {
        const cell = Math.floor(i / CELL) * GRID + Math.floor(j / CELL);
        means[cell]! += image[i * SIZE + j]! / CELL ** 2;
      }
    }
    return means;
  };
  const unit = (x: Float32Array) => {
    const norm = Math.sqrt(x.reduce((s, v) => s + v * v, 0)) || 1;
    return x.map((v) => v / norm);
  };
  const yesLogit = (means: Float32Array) =>
    means.reduce((sum, v, k) => sum + v * weights[k]!, 0) / 4 + bias;
  /** Of the cosine to the reference, through the block means; the squared distance of unit vectors is twice as steep. */
  const featureGradient = (means: Float32Array, { aim, loss, reference }: FeatureObjective) => {
    const own = unit(means);
    const other = unit(reference);
    const length = Math.sqrt(means.reduce((s, v) => s + v * v, 0)) || 1;
    const along = own.reduce((s, v, k) => s + v * other[k]!, 0);
    const steep = (aim === "away" ? -1 : 1) * (loss === "cosine" ? 1 : 2);
    return Float32Array.from({ length: SIZE * SIZE }, (_, n) => {
      const cell = Math.floor(Math.floor(n / SIZE) / CELL) * GRID + Math.floor((n % SIZE) / CELL);
      return (steep * (other[cell]! - along * own[cell]!)) / length / CELL ** 2;
    });
  };
  const layer = (kind: "self" | "cross", means: Float32Array): AttentionLayer => {
    const sum = means.reduce((a, b) => a + b, 1e-6);
    return {
      tap: kind,
      kind,
      layer: 0,
      heads: 1,
      grid: [GRID, GRID],
      maps: means.map((v) => v / sum),
    };
  };
  return {
    calls,
    manifest: MANIFEST,
    precision: "fp32",
    sha256: "fake",
    encodePrompt: (question) => [question.length],
    encodeText: (text) => [text === "yes" ? YES : NO],
    async encode(image): Promise<Encoding> {
      calls.encode++;
      const means = features(image);
      return {
        embedding: unit(means),
        tokens: floatTensor(means, [1, CELLS, 1]),
        attention: [layer("self", means)],
        selfAttentionMatrices: [new Float32Array(CELLS * CELLS).fill(1 / CELLS)],
      };
    },
    async embed(images) {
      calls.embed++;
      return images.map((image) => unit(features(image)));
    },
    async answer(tokens) {
      calls.answer++;
      const z = yesLogit(tokens.data);
      return {
        logits: Float32Array.of(-9, z, -z),
        crossAttention: [layer("cross", tokens.data)],
      };
    },
    async loss(image, objective) {
      calls.loss++;
      const means = features(image);
      const z = yesLogit(means);
      switch (objective.kind) {
        case "feature":
          return featureLoss(unit(means), objective);
        case "answer":
          return answerLoss([-9, z, -z], objective);
        case "text":
          return textLoss(Float32Array.of(-9, z, -z), objective);
        case "attention": {
          const weighed = weighedCells(objective.mask, 1, [GRID, GRID]);
          return attentionLoss(objective, [{ data: layer("self", means).maps, weighed }]);
        }
      }
    },
    async lossGradient(image, objective) {
      calls.lossGradient++;
      if (objective.kind === "feature") {
        const means = features(image);
        return {
          loss: featureLoss(unit(means), objective),
          gradient: featureGradient(means, objective),
        };
      }
      if (objective.kind !== "answer") {
        throw new LabError(
          "graph-unsupported-op",
          `The fake has no gradient of ${objective.kind}.`,
        );
      }
      const margin = 2 * yesLogit(features(image));
      const sign = (objective.aim === "away" ? -1 : 1) * (objective.answer === "yes" ? 1 : -1);
      const gradient = Float32Array.from(image, (_, n) => {
        const cell = Math.floor(Math.floor(n / SIZE) / CELL) * GRID + Math.floor((n % SIZE) / CELL);
        return (sign * 2 * weights[cell]!) / 4 / CELL ** 2;
      });
      return { loss: sign * margin, gradient };
    },
    async relevance(image) {
      const means = features(image);
      const sum = means.reduce((a, b) => a + b, 1e-6);
      return means.map((v) => v / sum);
    },
    async checkGradient() {
      return { coordinates: 0, maxRelativeError: 0, ok: true, analytic: [], numeric: [] };
    },
    async release() {
      calls.release++;
    },
  };
}

const MANIFEST: ModelManifest = {
  format: 1,
  id: "fake",
  version: "1",
  name: "Fake",
  description: "Block means",
  task: "vqa",
  files: [],
  defaultPrecision: "fp32",
  input: {
    name: "image",
    size: SIZE,
    channels: 1,
    range: [0, 1],
    mean: [0],
    std: [1],
    resize: "area-centre-crop",
  },
  outputs: { tokens: "tokens", embedding: "embedding", logits: "logits" },
  tokenGrid: [GRID, GRID],
  answerSpaces: { "yes-no": { answers: ["yes", "no"], tokenIds: [YES, NO] } },
  labels: ["effusion"],
  licence: "Apache-2.0",
  trainingData: "none",
  accuracy: {},
  card: "",
  madeBy: { command: "", seed: 0, versions: {} },
};
