/** A model of a folder as two graphs: what it sees, and what it says of it. */
import type { ModelManifest } from "../../model/manifest.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import type { ReadyAnswer, ReadyGraph, ReadyModel } from "../readyModel.ts";
import type { GraphChoice } from "./modelFiles.ts";
import type { PictureGraph } from "./pictureGraph.ts";

/** By answer, what is counted as it. */
export type Spoken = Readonly<Record<string, readonly string[]>>;

/** What a reader may say otherwise than the lab found. */
export interface FolderChoice extends GraphChoice {
  readonly spoken?: Spoken | undefined;
}

export interface Sides {
  readonly picture: PictureGraph;
  readonly answer: Omit<ReadyAnswer, "graph"> & { readonly model: ReadyGraph };
  /** Of the answering graph, for a question of the length it takes. */
  readonly shapes: ShapeTable;
  readonly speech?: ReadyModel["speech"];
  readonly captions?: ReadyModel["captions"];
  /** Sentences in the space of the picture's embedding. */
  readonly text?: ReadyModel["text"];
  readonly spoken: Spoken;
  readonly answerSpaces: ModelManifest["answerSpaces"];
  /** A question as the model gets it, for the reader to see. */
  readonly asks: string;
  /** One sentence for each thing that this model cannot be asked. */
  readonly notices: readonly string[];
}
