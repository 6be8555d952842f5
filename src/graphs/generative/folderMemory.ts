/** What a reader's folder takes of a tab's memory, told before any of it is opened. */
import { LabError } from "../../errors/labError.ts";
import { declaredDims, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { GraphView } from "../../onnx/graph.ts";
import { tensorTypeOf } from "../../onnx/tensorData.ts";
import { NPY_BYTES } from "../../tensor/npyFormat.ts";
import { weightBytes } from "../mergedLinks.ts";
import type { FolderMemory } from "../ownModelFiles.ts";
import { TAB_BYTES, gigabytes, heldBytes } from "../tabMemory.ts";
import type { BuiltFolder } from "./ownFolder.ts";
import { isPast } from "./sequence.ts";

/** Of an instrument's text. */
const LONGEST_TEXT = 256;

export function folderMemory({ ready, sides, graphs, files }: BuiltFolder): FolderMemory {
  const { vision, answer } = ready;
  const said = answer ? weightBytes(answer.graph.plain) : 0;
  const all = weightBytes(vision.graph.plain) + said;
  const values =
    heldBytes(sides.picture.model, sides.picture.shapes) +
    heldBytes(sides.answer.model.stored, sides.shapes);
  const speaks = files.folder.family !== "dual";
  const [image] = sides.picture.image;
  const tokens = (answer?.sequence?.length ?? 0) + LONGEST_TEXT;
  return {
    answer: all,
    gradient: all + values,
    text: speaks ? said : 0,
    cache: {
      tokens: speaks ? tokens : 0,
      bytes: speaks && graphs.decoder ? cacheBytes(graphs.decoder.model, { tokens, image }) : 0,
    },
    most: TAB_BYTES,
  };
}

/** Keys and values of so many tokens, and those of what an encoder made once. */
export function cacheBytes(
  decoder: ModelProto,
  { tokens, image }: { readonly tokens: number; readonly image: number },
): number {
  return new GraphView(decoder).inputs
    .filter(({ name }) => isPast(name))
    .reduce((sum, info) => {
      const [, heads, , width] = declaredDims(info) ?? [];
      const type = tensorTypeOf(elementTypeOf(info));
      if (typeof heads !== "number" || typeof width !== "number" || !type) return sum;
      const places = info.name.includes(".encoder.") ? image : tokens;
      return sum + heads * width * places * NPY_BYTES[type];
    }, 0);
}

/** @throws LabError "graph-too-large" for what cannot be held even to answer */
export function requireAnswerRoom({ answer }: FolderMemory): void {
  if (answer <= TAB_BYTES) return;
  throw tooLarge("The model, with its weights as they are computed with, has", answer);
}

export function tooLarge(what: string, bytes: number): LabError {
  return new LabError(
    "graph-too-large",
    `${what} ${gigabytes(bytes)}; a tab holds 2 GB in one graph and about ${gigabytes(TAB_BYTES)} in all.`,
    {
      hint: "Choose a smaller form of the model, such as q4, or run it with lab ask outside the browser.",
    },
  );
}
