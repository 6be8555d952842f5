/** What is linked to a model: graphs that prepare its images or correct what its encoder says, and changes of its own graphs. */
import type { FloatTensor } from "../tensor/tensor.ts";
import type { VisionLanguageModel } from "./visionLanguageModel.ts";

export type ModelLink = GraphLink | InnerEdit;

export interface GraphLink {
  /** In messages, such as "purifier". */
  readonly name: string;
  /**
   * "before": an image [B, 1, S, S] in model space to one like it. "after": the encoder's tokens [B, T, D], its embedding
   * [B, E], or both, to the same.
   */
  readonly place: "before" | "after";
  /** The ONNX file. */
  readonly graph: Uint8Array;
  /** Of the file. */
  readonly sha256: string;
  /** What the graph's other inputs are fed, each a single number, such as { sigma: 0.25 }. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** A change of one of the model's own graphs, steered by numbers that are inputs of the changed graph. */
export interface InnerEdit {
  /** In messages, such as "adapter". */
  readonly name: string;
  readonly place: "inside";
  /** Names all that the change is made of but the scalars. */
  readonly sha256: string;
  readonly change: InnerChange;
  /** Of adapters and learned bands their `scale`, of bands the gains `low` and `high`; at 0 nothing is changed. */
  readonly scalars: Readonly<Record<string, number>>;
}

export type InnerChange =
  | {
      readonly kind: "adapters";
      /** The graph that they sit in. */
      readonly side: "answer" | "encoder";
      readonly adapters: readonly AdapterFactors[];
    }
  /** Of the encoder's attentions over a grid of tokens; waves of at most `radius` periods across it are low. */
  | {
      readonly kind: "bands";
      readonly rows: number;
      readonly columns: number;
      readonly radius: number;
    }
  /** The same with a gain for each channel, as it was learned. */
  | {
      readonly kind: "learnedBands";
      readonly rows: number;
      readonly columns: number;
      readonly radius: number;
      readonly weights: BandWeights;
    };

export interface BandWeights {
  /** Of each attention the gains of the slow and of the fast part, [channels]. */
  readonly layers: readonly { readonly low: FloatTensor; readonly high: FloatTensor }[];
  /** gains tanh(hidden x + b) + c of a picture's wavelet statistics: for layer i the numbers 2 i (slow) and 2 i + 1 (fast) that it adds. */
  readonly perPicture?: { readonly hidden: LinearLayer; readonly gains: LinearLayer };
}

export interface LinearLayer {
  /** [out, in] */
  readonly weight: FloatTensor;
  readonly bias: FloatTensor;
}

/** A low-rank adapter of one linear layer: gain * B A beside its weights. */
export interface AdapterFactors {
  /** The block, by kind and position, and which of its layers. */
  readonly block: "attention" | "crossAttention" | "mlp";
  readonly index: number;
  readonly role: "query" | "value" | "out" | "up" | "down";
  /** A: [rank, in]. */
  readonly down: FloatTensor;
  /** B: [out, rank]. */
  readonly up: FloatTensor;
  /** What B A counts at a scale of 1: alpha / rank. */
  readonly gain: number;
}

/** A model whose encoder other graphs can be linked to. */
export interface LinkableModel extends VisionLanguageModel {
  /**
   * The model behind the links: what it encodes, embeds, answers and differentiates passes through all of them. Links
   * before the encoder see the image in the order given, links after it the tokens. It shares its weights with this
   * model, and ends with it; other scalars of the same graphs cost nothing.
   * @throws LabError "model-incompatible" when a graph does not fit its place
   */
  withLinks(links: readonly ModelLink[]): Promise<LinkableModel>;
}

export function isLinkable(model: VisionLanguageModel): model is LinkableModel {
  return "withLinks" in model;
}
