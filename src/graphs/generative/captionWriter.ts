/**
 * A captioner's decoder writing, as exporters keep it: the likeliest token each time, or the likeliest of several texts (beam
 * search as transformers' generate has it, length penalty 1). Keys and values of what was read are kept where the graph takes them.
 */
import type { Captioning, Written, WritingStep } from "../../model/captioning.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { floatsOf } from "../../onnx/tensorData.ts";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../../tensor/tensor.ts";
import type { Feeds, GraphSession, SessionFactory } from "../session.ts";
import { CAPTION_PAD, FREE_ATTENTION } from "./captionGraph.ts";
import type { CaptionLayout } from "./captionGraph.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { keptFrom, keptOutputs, releaseUnkept } from "./kept.ts";
import { placesBehind } from "./positions.ts";
import { isPast, toldInput } from "./sequence.ts";
import { lastRow } from "./speaker.ts";
import { startOf, stopsOf } from "./writingTokens.ts";

type Words = Pick<FolderFiles, "config" | "generation" | "tokenizer" | "tokenizerConfig" | "graph">;

interface WriterParts {
  readonly files: Words;
  readonly layout: CaptionLayout;
  /** Whether the answering graph shows where each token looks. */
  readonly attends: boolean;
  readonly answering: ModelProto;
}

/** A text under way: what was read of it, and what the next token's logits are. */
interface Branch {
  readonly ids: readonly number[];
  readonly logs: readonly number[];
  readonly past: Feeds | undefined;
  /** Log-probabilities of the next token, [V]. */
  readonly next: Float32Array;
}

interface Candidate {
  readonly branch: Branch;
  readonly id: number;
  readonly score: number;
}

interface Finished {
  readonly branch: Branch;
  readonly score: number;
}

export class CaptionWriter implements Captioning {
  readonly #parts: WriterParts;
  readonly #session: GraphSession;
  readonly #sessions: SessionFactory;
  readonly #inputs: GraphView["inputs"];
  readonly #start: number;
  readonly #stops: ReadonlySet<number>;
  #looking: Promise<GraphSession> | undefined;

  private constructor(
    parts: WriterParts,
    {
      decoder,
      session,
      sessions,
    }: {
      readonly decoder: ModelProto;
      readonly session: GraphSession;
      readonly sessions: SessionFactory;
    },
  ) {
    this.#parts = parts;
    this.#session = session;
    this.#sessions = sessions;
    this.#inputs = new GraphView(decoder).inputs;
    this.#start = startOf(parts.files);
    this.#stops = stopsOf(parts.files);
  }

  static async open(parts: WriterParts, sessions: SessionFactory): Promise<CaptionWriter> {
    const decoder = await parts.files.graph("decoder");
    const session = await sessions.create(serializeModel(decoder), { held: keptOutputs(decoder) });
    return new CaptionWriter(parts, { decoder, session, sessions });
  }

  get attends(): boolean {
    return this.#parts.attends;
  }

  async *write(
    tokens: FloatTensor,
    { maxTokens, beams = 1 }: { readonly maxTokens: number; readonly beams?: number },
  ): AsyncGenerator<WritingStep, Written> {
    // One position more than tokens are written: the start.
    const budget = Math.min(maxTokens, placesBehind(1, this.#parts.files) - 1);
    const first = await this.#read(tokens, { ids: [], logs: [], past: undefined }, this.#start);
    return beams <= 1
      ? yield* this.#greedy(tokens, first, budget)
      : yield* this.#search(tokens, first, { beams, budget });
  }

  async *#greedy(
    tokens: FloatTensor,
    first: Branch,
    budget: number,
  ): AsyncGenerator<WritingStep, Written> {
    let branch = first;
    try {
      for (;;) {
        const [[id, log]] = likeliest(branch.next, 1) as [[number, number]];
        if (this.#stops.has(id)) return this.#written(branch, "end");
        branch = { ...branch, ids: [...branch.ids, id], logs: [...branch.logs, log] };
        yield this.#step(branch);
        if (branch.ids.length >= budget) return this.#written(branch, "budget");
        const { past } = branch;
        branch = await this.#read(tokens, branch, id);
        await releaseUnkept([past], [branch.past]);
      }
    } finally {
      await releaseUnkept([branch.past]);
    }
  }

  async *#search(
    tokens: FloatTensor,
    first: Branch,
    { beams, budget }: { readonly beams: number; readonly budget: number },
  ): AsyncGenerator<WritingStep, Written> {
    let running: readonly Branch[] = [first];
    const next: Branch[] = [];
    let finished: Finished[] = [];
    try {
      for (let length = 1; ; length++) {
        // Twice as many as there are beams, so that endings leave enough to go on with.
        const best = running
          .flatMap((branch) =>
            likeliest(branch.next, 2 * beams).map(([id, log]): Candidate => ({
              branch,
              id,
              score: sumOf(branch.logs) + log,
            })),
          )
          .toSorted((a, b) => b.score - a.score)
          .slice(0, 2 * beams);
        const going: Candidate[] = [];
        for (const [rank, candidate] of best.entries()) {
          if (!this.#stops.has(candidate.id)) going.push(candidate);
          else if (rank < beams) {
            // The ending counts into the length, as in transformers.
            finished.push({ branch: candidate.branch, score: candidate.score / length });
          }
        }
        finished = finished.toSorted((a, b) => b.score - a.score).slice(0, beams);
        const kept = going.slice(0, beams).map(({ branch, id }): Branch => ({
          ...branch,
          ids: [...branch.ids, id],
          logs: [...branch.logs, branch.next[id]!],
        }));
        const [leader] = kept;
        if (leader) yield this.#step(leader);
        const cannotGain =
          finished.length === beams && best[0]!.score / length <= finished.at(-1)!.score;
        if (cannotGain || !leader) return this.#written(finished[0]!.branch, "end");
        if (length >= budget) {
          const cut = kept.map((branch): Finished => ({
            branch,
            score: sumOf(branch.logs) / length,
          }));
          const [chosen] = [...finished, ...cut].toSorted((a, b) => b.score - a.score);
          const ended = finished.some(({ branch }) => branch === chosen!.branch);
          return this.#written(chosen!.branch, ended ? "end" : "budget");
        }
        for (const branch of kept) next.push(await this.#read(tokens, branch, branch.ids.at(-1)!));
        const read = running;
        running = next.splice(0);
        await releaseUnkept(
          read.map(({ past }) => past),
          running.map(({ past }) => past),
        );
      }
    } finally {
      await releaseUnkept([...running, ...next].map(({ past }) => past));
    }
  }

  /** Where each token of a text looks, over the picture's tokens: [ids.length] maps, each summing to 1. */
  async attention(tokens: FloatTensor, ids: readonly number[]): Promise<readonly Float32Array[]> {
    const { length, image } = this.#parts.layout;
    const session = await (this.#looking ??= this.#sessions.create(
      serializeModel(this.#parts.answering),
    ));
    const shown = ids.slice(0, length);
    const none = Array<number>(2 * length).fill(CAPTION_PAD);
    const padding = Array<number>(length - shown.length).fill(CAPTION_PAD);
    const fed = int64Tensor([...none, ...shown, ...padding], [1, 3 * length]);
    const { [FREE_ATTENTION]: looked } = await session.run({ ids: fed, tokens }, [FREE_ATTENTION]);
    const data = floatsOf(looked!, FREE_ATTENTION);
    return shown.map((_, k) => data.slice(k * image, (k + 1) * image));
  }

  async release(): Promise<void> {
    await this.#session.release();
    await (await this.#looking)?.release();
  }

  /** The text with one token read, and what it makes of the next. */
  async #read(
    tokens: FloatTensor,
    text: Pick<Branch, "ids" | "logs" | "past">,
    id: number,
  ): Promise<Branch> {
    const { past } = text;
    const keeps = this.#inputs.some(({ name }) => isPast(name));
    const ids = keeps && past ? [id] : [this.#start, ...text.ids];
    const results = await this.#session.runHolding(this.#feeds(tokens, ids, past));
    const kept = keeps ? keptFrom(results, past) : undefined;
    await releaseUnkept([results], [kept]);
    return { ...text, past: kept, next: logSoftmax(lastRow(results["logits"] as Tensor)) };
  }

  #feeds(tokens: FloatTensor, ids: readonly number[], past: Branch["past"]): Feeds {
    const before = past ? pastLength(past) : 0;
    const positions = [ids.map((_, i) => before + i)];
    const told = {
      past: before,
      pictures: ids.map(() => false),
      positions,
      sees: "past",
    } as const;
    const feeds: Record<string, Feeds[string]> = {};
    for (const info of this.#inputs) {
      const { name } = info;
      if (name === "input_ids") feeds[name] = int64Tensor(ids, [1, ids.length]);
      else if (name === "encoder_hidden_states") feeds[name] = tokens;
      else if (name === "encoder_attention_mask") {
        feeds[name] = int64Tensor(Array<number>(tokens.shape[1]!).fill(1), [1, tokens.shape[1]!]);
      } else if (past && isPast(name)) feeds[name] = past[name]!;
      else feeds[name] = toldInput(info, told);
    }
    return feeds;
  }

  #step({ ids, logs }: Branch): WritingStep {
    const { tokenizer } = this.#parts.files;
    return { text: tokenizer.decode(ids), ids, logProbabilities: logs };
  }

  #written(branch: Branch, stopped: Written["stopped"]): Written {
    const { tokenizer } = this.#parts.files;
    const { ids } = branch;
    // What each token adds to the text: spaces belong to the token they come with.
    const pieces = ids.map((_, k) =>
      tokenizer.decode(ids.slice(0, k + 1)).slice(tokenizer.decode(ids.slice(0, k)).length),
    );
    return { ...this.#step(branch), pieces, stopped };
  }
}

function pastLength(past: Feeds): number {
  const own = Object.entries(past).find(([name]) => !name.includes(".encoder."));
  return own?.[1].shape[2] ?? 0;
}

function logSoftmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  const shift = largest + Math.log(total);
  return logits.map((z) => z - shift);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The n largest with their places, in falling order; of equals the first. */
function likeliest(logs: Float32Array, n: number): readonly (readonly [number, number])[] {
  const best: [number, number][] = [];
  for (const [id, log] of logs.entries()) {
    if (best.length === n && log <= best.at(-1)![1]) continue;
    const at = best.findIndex(([, other]) => log > other);
    best.splice(at < 0 ? best.length : at, 0, [id, log]);
    if (best.length > n) best.pop();
  }
  return best;
}
