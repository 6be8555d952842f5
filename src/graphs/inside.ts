/**
 * A model with its inside open: the encoder's and the answering graph's own blocks, read, replaced or thinned out. Sessions
 * are made for what is asked first and kept: one that shows and takes in every site, and one with dropout.
 */
import { LabError } from "../errors/labError.ts";
import type {
  InnerPatch,
  InnerRequest,
  InnerResult,
  InnerSite,
  SiteRows,
} from "../model/innerModel.ts";
import {
  dropoutMask,
  dropoutMaskName,
  findDropoutSites,
  withDropout,
} from "../onnx/edit/dropout.ts";
import type { DropoutSite } from "../onnx/edit/dropout.ts";
import { patchInputs, withPatches } from "../onnx/edit/patching.ts";
import { isOp } from "../onnx/elementTypes.ts";
import { serializeModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { findStateSites } from "../onnx/stateSites.ts";
import type { StateSite } from "../onnx/stateSites.ts";
import { withTaps } from "../onnx/taps.ts";
import { floatsOf } from "../onnx/tensorData.ts";
import { floatTensor, sizeOf } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { linkFeeds } from "./chain.ts";
import { paddedIds, paddingOf } from "./promptPadding.ts";
import type { ModelParts } from "./modelParts.ts";
import type { SharedSequence } from "./readyModel.ts";
import { probeRunner } from "./runners.ts";
import type { GraphSession } from "./session.ts";

type Part = InnerSite["part"];

/** One of the two graphs, and its sites. */
interface OpenPart {
  readonly part: Part;
  readonly model: ModelProto;
  readonly sites: readonly (InnerSite & { readonly value: string })[];
  /** What dropout would have thinned in training: what each block adds to the stream. */
  readonly thinned: readonly DropoutSite[];
}

export class Inside {
  readonly #parts: ModelParts;
  #opened: Promise<readonly OpenPart[]> | undefined;
  readonly #sessions = new Map<string, Promise<GraphSession>>();

  constructor(parts: ModelParts) {
    this.#parts = parts;
  }

  async sites(): Promise<readonly InnerSite[]> {
    return (await this.#open()).flatMap(({ sites }) =>
      sites.map(({ value: _value, ...site }) => site),
    );
  }

  async run(request: InnerRequest): Promise<InnerResult> {
    const { encoder } = this.#parts;
    const { tokens } = encoder.parts;
    const [vision, answer] = await this.#open();
    const { image, promptIds } = request;
    const values = new Map<string, Tensor>(Object.entries(encoder.feeds([image])));
    const link = encoder.links[0]!;
    const tokenOutput = Object.keys(link.outputs).find((name) => link.outputs[name] === tokens)!;
    const seen = await this.#runPart(vision!, linkFeeds(link.inputs, values), tokenOutput, request);
    const length = promptIds.length;
    // The head is causal, so that what follows the answering position can't reach it.
    const ids = paddedIds(promptIds, paddingOf(this.#parts));
    const { logits: name } = this.#answerSide();
    const given = connected(vision!, seen.output, request.patches);
    const said = await this.#runPart(answer!, { ids, tokens: given }, name, request);
    const all = floatsOf(said.output, name);
    const width = said.output.shape.at(-1)!;
    return {
      logits: all.slice((length - 1) * width, length * width),
      states: { ...seen.states, ...said.states },
    };
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    this.#sessions.clear();
  }

  #answerSide() {
    const { answerSide, manifest } = this.#parts;
    if (answerSide) return answerSide;
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} is an image encoder without a text side: no answer depends on its inside.`,
    );
  }

  #open(): Promise<readonly OpenPart[]> {
    const opening = (this.#opened ??= this.#openParts());
    opening.catch(() => {
      this.#opened = undefined;
    });
    return opening;
  }

  async #openParts(): Promise<readonly OpenPart[]> {
    const { encoder, sessions, manifest } = this.#parts;
    const [link, ...others] = encoder.links;
    if (!link || others.length > 0) {
      throw new LabError(
        "model-incompatible",
        `Model ${manifest.id} is made of several linked graphs, whose inside is not shown.`,
      );
    }
    const runner = probeRunner(sessions);
    const shapes = encoder.shapes(1);
    const visionShapes = await readShapes(link.model, runner, {
      shapes: Object.fromEntries(
        Object.entries(link.inputs).map(([input, value]) => [input, shapes[value]!]),
      ),
    });
    const { model, promptLength, sequence } = this.#answerSide();
    const tokens = visionShapes.shapes.get(encoder.parts.visionTokens)!;
    const answerShapes = await readShapes(model, runner, {
      shapes: { ids: [1, paddingOf(this.#parts).length], tokens },
    });
    const answer = openPart("answer", model, answerShapes);
    const vision = openPart("encoder", link.model, visionShapes);
    return [
      withConnector(vision, visionShapes, encoder.parts.visionTokens),
      // Where several texts are followed at once, no row is the prompt's.
      sequence
        ? {
            ...answer,
            sites: answer.sites.map((site) => ({ ...site, rows: rowsAt(site, sequence) })),
          }
        : promptLength === undefined
          ? answer
          : { ...answer, sites: [] },
    ];
  }

  async #runPart(
    open: OpenPart,
    feeds: Readonly<Record<string, Tensor>>,
    output: string,
    { read = [], patches = [], dropout }: InnerRequest,
  ): Promise<{ readonly output: Tensor; readonly states: Record<string, Float32Array> }> {
    const byId = new Map(open.sites.map((site) => [site.id, site]));
    const wanted = read.flatMap((id) => byId.get(id) ?? []);
    const own = patches.filter(({ site }) => isInGraph(byId.get(site)));
    const isThinned = dropout !== undefined && dropout.rate > 0;
    const session = await this.#session(
      open,
      isThinned ? "dropout" : own.length > 0 ? "patched" : "plain",
    );
    const extra = isThinned
      ? open.thinned.map((site) => [
          dropoutMaskName(site.name),
          dropoutMask(site, dropout.rate, dropout.seed, dropout.sample),
        ])
      : own.length > 0
        ? open.sites.filter(isInGraph).flatMap((site) => patchFeeds(site, own))
        : [];
    const names = [...new Set([output, ...wanted.map(({ value }) => value)])];
    const results = await session.run({ ...feeds, ...Object.fromEntries(extra) }, names);
    const states = wanted.map(({ id, value }) => [id, floatsOf(results[value]!, value)] as const);
    return { output: results[output]!, states: Object.fromEntries(states) };
  }

  #session(open: OpenPart, form: "plain" | "patched" | "dropout"): Promise<GraphSession> {
    const key = `${open.part} ${form}`;
    const { sessions } = this.#parts;
    const values = open.sites.map(({ value }) => value);
    const opening =
      this.#sessions.get(key) ??
      sessions.create(
        serializeModel(
          form === "dropout"
            ? withDropout(open.model, open.thinned)
            : withTaps(
                form === "plain"
                  ? open.model
                  : withPatches(
                      open.model,
                      open.sites.filter(isInGraph).map(({ value, shape }) => ({
                        name: value,
                        shape,
                        maskShape: shape,
                      })),
                    ),
                values,
              ),
        ),
        sessions.backend === "webgpu" ? { dimensions: { b: 1 } } : {},
      );
    this.#sessions.set(key, opening);
    opening.catch(() => this.#sessions.delete(key));
    return opening;
  }
}

/** A site that nothing replaces is fed zeros under a mask of zeros. */
function patchFeeds(
  { id, value: name, shape }: OpenPart["sites"][number],
  patches: readonly InnerPatch[],
): readonly (readonly [string, Tensor])[] {
  const patch = patches.find(({ site }) => site === id);
  const size = sizeOf(shape);
  const inputs = patchInputs(name);
  const mask = patch ? (patch.mask ?? new Float32Array(size).fill(1)) : new Float32Array(size);
  return [
    [inputs.value, floatTensor(patch?.value ?? new Float32Array(size), shape)],
    [inputs.mask, floatTensor(mask, shape)],
  ];
}

/** Which rows of a site are whose; a decoder behind an encoder of text has its own few tokens, and answers at the last. */
function rowsAt({ role, shape }: InnerSite, sequence: SharedSequence): SiteRows {
  const count = shape[role === "stream" ? 1 : role === "key" ? 3 : 2]!;
  if (count === sequence.length) return sequence;
  const words = sequence.words.map(() => count - 1);
  return { words, picture: [], isPictureAlone: false };
}

/** What the language side is given, where weights stand between it and the encoder's last block: a place of its own. */
function withConnector(open: OpenPart, table: ShapeTable, tokens: string): OpenPart {
  const shape = table.shapes.get(tokens);
  const last = open.sites.findLast(({ role }) => role === "stream");
  const isFloat = table.types.get(tokens) === ELEMENT_TYPE.float32;
  if (!last || shape?.length !== 3 || !isFloat) return open;
  if (!hasProduct(new GraphView(open.model), tokens, last.value)) return open;
  const connector = {
    id: "encoder connector",
    part: "encoder",
    label: "connector",
    role: "stream",
    block: "connector",
    index: 0,
    shape,
    heads: 1,
    value: tokens,
  } as const;
  return { ...open, sites: [...open.sites, connector] };
}

/** Whether a product by weights stands between two values. */
function hasProduct(view: GraphView, to: string, from: string): boolean {
  const seen = new Set<string>([from]);
  const open = [to];
  while (open.length > 0) {
    const name = open.pop()!;
    if (seen.has(name)) continue;
    seen.add(name);
    const node = view.producer(name);
    if (!node) continue;
    if (isOp(node, "MatMul", "Gemm", "Conv")) return true;
    open.push(...node.input);
  }
  return false;
}

/** The connector's tokens leave the graph: what takes their place does so between the graphs. */
function isInGraph(site: InnerSite | undefined): boolean {
  return site !== undefined && site.block !== "connector";
}

/** The tokens that go on to the language side, replaced where a patch says so. */
function connected(
  { sites }: OpenPart,
  tokens: Tensor,
  patches: readonly InnerPatch[] = [],
): Tensor {
  const connector = sites.find(({ block }) => block === "connector");
  const patch = connector && patches.find(({ site }) => site === connector.id);
  if (!patch) return tokens;
  const { value, mask } = patch;
  const own = floatsOf(tokens, connector.value);
  const given = own.map((each, i) => (mask && !(mask[i]! > 0.5) ? each : value[i]!));
  return floatTensor(given, tokens.shape);
}

const WORDS: Readonly<Record<StateSite["block"], string>> = {
  stem: "stem",
  convolution: "convolution",
  attention: "self-attention",
  crossAttention: "attention to the picture",
  mlp: "MLP",
};

function openPart(part: Part, model: ModelProto, table: ShapeTable): OpenPart {
  const view = new GraphView(model);
  const found = findStateSites(view, table);
  const sites = found.map(({ name, ...site }) => ({
    ...site,
    part,
    id: `${part} ${site.block} ${site.index} ${site.role}`,
    label: `${part} ${WORDS[site.block]}${site.block === "stem" ? "" : ` ${site.index + 1}`}`,
    value: name,
  }));
  const thinned = findDropoutSites(view, table, "residual");
  return { part, model, sites, thinned };
}
