/** Models that a reader brought: proposed a manifest, then opened like any other. Nothing leaves the tab. */
import { LabError } from "../errors/labError.ts";
import { canonicalJson } from "../host/canonicalJson.ts";
import { sha256Hex } from "../host/sha256.ts";
import { parseManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { FACE, withEncoderFace } from "../onnx/edit/encoderFace.ts";
import type { EncoderFace } from "../onnx/edit/encoderFace.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import type { PreparedGraph } from "../onnx/inline.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../onnx/taps.ts";
import type { OwnModelFiles, OwnModelProposal } from "./ownModelFiles.ts";
import { encoderManifest } from "./proposal/encoderManifest.ts";
import { proposeEncoder } from "./proposal/encoderProposal.ts";
import type { PreparedEncoder } from "./proposal/encoderProposal.ts";
import { imageForm, imageShape } from "./proposal/imageForm.ts";
import { imagePart } from "./proposal/imagePart.ts";
import { ReadyGraph, encoderTaps, selfThenPool } from "./readyModel.ts";
import type { ReadyModel } from "./readyModel.ts";
import { droppedSource } from "./sources/dropped.ts";
import { holdsFiles, readGraphFile } from "./sources/graphFile.ts";
import type { GraphFile } from "./sources/graphFile.ts";

/** A graph that was read, and what has been made of it. */
interface KnownGraph {
  readonly file: GraphFile;
  readonly encoder: PreparedEncoder | undefined;
}

/** Reads and prepares each reader's graph once, from the drop until it is open. */
export class OwnModels {
  /** The last one: a graph may be most of the memory there is. */
  #known: KnownGraph | undefined;

  /** @throws LabError "graph-*" | "model-*" with the sentence the reader sees. */
  async propose(files: OwnModelFiles, runner: GraphRunner): Promise<OwnModelProposal> {
    const file = await this.#read(files);
    const { proposal, encoder } = await proposeEncoder(file.model, runner, files.notes);
    this.#known = { file, encoder };
    return {
      manifest: encoderManifest(file.model, proposal, { ...file, name: files.name }),
      proposal,
    };
  }

  /**
   * The model behind a reader's manifest and files, its encoder turned to the lab's face.
   * @throws LabError "file-mismatch" when the manifest is about another file
   */
  async open(
    described: ModelManifest,
    files: OwnModelFiles,
    runner: GraphRunner,
  ): Promise<ReadyModel> {
    const manifest = parseManifest(described);
    const stored = manifest.files.find(({ role }) => role === "vision") ?? manifest.files[0]!;
    const file = await this.#read(files);
    if (file.sha256 !== stored.sha256) {
      throw new LabError(
        "file-mismatch",
        `The manifest is about another file (sha256 ${stored.sha256.slice(0, 12)}) than ${files.name} (${file.sha256.slice(0, 12)}).`,
        { hint: "Drop the model alone to have a manifest proposed." },
      );
    }
    const known = this.#known?.file === file ? this.#known.encoder : undefined;
    // Open from here on; its weights are the session's.
    this.#known = undefined;
    const prepared = await preparedAs(manifest, file, known, runner);
    const face = faceOf(manifest);
    const { model, tokens } = withEncoderFace(prepared.model, prepared.shapes, face);
    const grid = manifest.tokenGrid ?? [1, tokens[1]!];
    const contents = { files: file.hashes, face };
    return {
      manifest: {
        ...manifest,
        input: { ...manifest.input, name: FACE.image, channels: 1 },
        outputs: { embedding: FACE.embedding, tokens: FACE.tokens },
      },
      precision: stored.precision,
      // How the pixels are prepared is part of what the model computes.
      sha256: await sha256Hex(new TextEncoder().encode(canonicalJson(contents))),
      parity: undefined,
      vision: {
        graph: new ReadyGraph(model),
        grid,
        taps: await placedOn(grid, tokens[1]!, { prepared, known, runner }),
      },
      answer: undefined,
    };
  }

  /** The files' graph, parsed now where it is not the one at hand. */
  async #read(files: OwnModelFiles): Promise<GraphFile> {
    const known = this.#known?.file;
    if (known && files.name in known.hashes) {
      if (await holdsFiles(droppedSource(files), known.hashes)) return known;
    }
    this.#known = undefined;
    const file = await readGraphFile(droppedSource(files), files.name);
    this.#known = { file, encoder: undefined };
    return file;
  }
}

/** The graph prepared for the manifest's input, at hand where the proposal's is the same. */
async function preparedAs(
  { input: { name, size, channels, layout = "NCHW" } }: ModelManifest,
  { model }: GraphFile,
  known: PreparedEncoder | undefined,
  runner: GraphRunner,
): Promise<PreparedGraph> {
  const shapeOf = (batch: number) => imageShape({ layout, channels, batch }, size);
  const proposed = known?.prepared.shapes.shapes.get(name);
  if (known && proposed && shapeOf(proposed[0]!).join() === proposed.join()) return known.prepared;
  const part = imagePart(model);
  const { batch } = imageForm(new GraphView(part.model), part.image);
  return prepareGraph(part.model, runner, { shapes: { [name]: shapeOf(batch) } });
}

function faceOf({ input, outputs }: ModelManifest): EncoderFace {
  const { name, size, channels, layout = "NCHW", range, mean, std } = input;
  const { embedding, tokens, axes } = outputs;
  return { input: name, size, channels, layout, range, mean, std, embedding, tokens, axes };
}

/** The encoder's attention maps on a grid, at hand where the proposal put them on the same one. */
async function placedOn(
  grid: readonly [number, number],
  tokens: number,
  {
    prepared,
    known,
    runner,
  }: {
    readonly prepared: PreparedGraph;
    readonly known: PreparedEncoder | undefined;
    readonly runner: GraphRunner;
  },
): Promise<readonly PlacedTap[]> {
  const [rows, columns] = grid;
  const patches = rows * columns;
  // Class scores or an embedding alone are one row: then the maps tell how many tokens there are inside.
  const inside = tokens < patches ? mapTokens(prepared, patches) : tokens;
  const isSame =
    known?.prepared === prepared &&
    known.grid?.rows === rows &&
    known.grid.columns === columns &&
    known.grid.prefix === Math.max(0, inside - patches);
  return isSame ? selfThenPool(known.placed) : encoderTaps(prepared, grid, inside, runner);
}

/** Keys of the encoder's last map that has room for so many patches; the patches where there is none. */
function mapTokens({ model, shapes }: PreparedGraph, patches: number): number {
  const view = new GraphView(model);
  if (fusedAttentionNodes(view).length > 0) return patches;
  const keys = findAttentionTaps(view, shapes).map(({ shape }) => shape.at(-1)!);
  return keys.findLast((count) => count >= patches) ?? patches;
}
