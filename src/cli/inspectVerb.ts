/** `lab inspect MODEL.onnx [--text]`: what is in a graph, and what the lab can and can't do with it. */
import { stat } from "node:fs/promises";
import { toErrorData } from "../errors/labError.ts";
import type { ModelNotes } from "../graphs/proposal/encoderProposal.ts";
import { proposeEncoder } from "../graphs/proposal/encoderProposal.ts";
import { withChannelsFirst } from "../onnx/channelsLast.ts";
import {
  checkStructure,
  differentiationObstacles,
  summarizeGraph,
  webgpuFallbacks,
} from "../onnx/check.ts";
import { GraphView } from "../onnx/graph.ts";
import { inlineFunctions } from "../onnx/inline.ts";
import { printGraph } from "../onnx/print.ts";
import { declaredDims, elementTypeOf, graphOf } from "../onnx/messages.ts";
import type { ModelProto, ValueInfoProto } from "../onnx/messages.ts";
import { findAttentionTaps, tokenGrid } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import { tensorTypeOf } from "../onnx/tensorData.ts";
import { upgradeOperators } from "../onnx/upgrade.ts";
import { openGraph, probeOf, sessionsNamed } from "./graphFiles.ts";
import { modelTarget } from "./modelTarget.ts";
import { describeOwnFolder, ownFolder } from "./ownFolder.ts";
import type { ModelFolder } from "../graphs/generative/folder.ts";
import { readGraphFile } from "../graphs/sources/graphFile.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export async function inspectVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { positionals, values } = parseCommandLine({
    args: [...args],
    options: { text: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) {
    throw new UsageError("inspect needs one file or folder: lab inspect MODEL.onnx.");
  }
  const own = await ownFolder(target);
  const folder = await describeOwnFolder(own);
  const parts = own && folder ? { folder: await describeParts(own, folder) } : {};
  const found = await modelTarget(target).catch((error: unknown) => {
    if (folder) return undefined;
    throw error;
  });
  const isOnDisk = (await stat(target).catch(() => undefined))?.isDirectory() ?? false;
  if (found === undefined || (folder && !isOnDisk)) {
    print({ file: target, ...parts });
    return;
  }
  const { file, notes } = found;
  const model = await openGraph(file);
  const declared = checkStructure(model);
  const described = await describeEncoder(model, notes);
  const flat = described.model ?? plainForm(model);
  const view = new GraphView(flat);
  if (values.text) {
    process.stdout.write(printGraph(flat));
    return;
  }
  print({
    file,
    ...parts,
    inputs: declared.inputs.map(describeValue),
    outputs: declared.graph.output.map(describeValue),
    // Of the whole file, also where only a part of it is an image encoder.
    ...summarizeGraph(isWhole(model, flat) ? flat : inlineFunctions(model)),
    opset: declared.opset,
    attention: described.attention ?? attentionOf(view),
    notDifferentiable: differentiationObstacles(view),
    webgpuFallbacks: webgpuFallbacks(flat),
    encoder: described.encoder,
  });
}

/** A model of several graphs: what it is, or why it is not opened, and each graph with what stops its gradient. */
async function describeParts(own: NamedSource, folder: ModelFolder): Promise<object> {
  const graphs: Record<string, object> = {};
  for (const paths of Object.values(folder.graphs)) {
    for (const path of Object.values(paths)) graphs[path] = await describeGraph(own, path);
  }
  return { ...folder, graphs: folder.graphs, contents: graphs };
}

async function describeGraph({ source }: NamedSource, path: string): Promise<object> {
  try {
    const base = path.slice(0, path.lastIndexOf("/") + 1);
    const beside = { read: (name: string) => source.read(base + name) };
    const { model } = await readGraphFile(beside, path.slice(base.length));
    const declared = checkStructure(model);
    const flat = plainForm(model);
    return {
      inputs: declared.inputs.map(describeValue),
      outputs: declared.graph.output.map(describeValue),
      ...summarizeGraph(flat),
      notDifferentiable: differentiationObstacles(new GraphView(flat)),
      webgpuFallbacks: webgpuFallbacks(flat).length,
    };
  } catch (error) {
    return { error: toErrorData(error) };
  }
}

/** What opening it makes of a graph before anything is run. */
function plainForm(model: ModelProto): ModelProto {
  return upgradeOperators(withChannelsFirst(inlineFunctions(model)));
}

function isWhole(file: ModelProto, opened: ModelProto): boolean {
  return (["input", "output"] as const).every(
    (ends) => graphOf(file)[ends].length === graphOf(opened)[ends].length,
  );
}

/** As an image encoder, with shapes; or the sentence that says why it is none. */
async function describeEncoder(
  model: ModelProto,
  notes: ModelNotes,
): Promise<{
  readonly encoder: unknown;
  readonly model?: ModelProto;
  readonly attention?: unknown;
}> {
  try {
    const {
      proposal: { attention: shown, ...proposal },
      encoder: { prepared },
    } = await proposeEncoder(model, probeOf(sessionsNamed("native")), notes);
    const taps = attentionOf(new GraphView(prepared.model), () =>
      findAttentionTaps(new GraphView(prepared.model), prepared.shapes),
    );
    const encoder = { ...proposal, drawnAttention: shown.map((tap) => tap.name) };
    return { encoder, model: prepared.model, attention: taps };
  } catch (error) {
    return { encoder: { error: toErrorData(error) } };
  }
}

function describeValue(info: ValueInfoProto): { name: string; type: string; shape: unknown } {
  const type = tensorTypeOf(elementTypeOf(info)) ?? `element type ${elementTypeOf(info)}`;
  return { name: info.name, type, shape: declaredDims(info) ?? null };
}

/** Attention maps found by structure, or the sentence that says why there are none to show. */
function attentionOf(
  view: GraphView,
  find: () => readonly AttentionTap[] = () => findAttentionTaps(view),
): unknown {
  try {
    return find().map(({ name, node, layer, kind, heads, shape }) => ({
      name,
      node,
      layer,
      kind,
      ...(shape.length === 0 ? {} : { heads, shape, grid: tokenGrid(shape.at(-1) ?? 0) ?? null }),
    }));
  } catch (error) {
    return { error: toErrorData(error) };
  }
}
