/** Keys and values that stay with the runtime: fed on, read by no step after they were freed, and all freed in the end. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { close } from "../../host/closing.ts";
import { emptyModel } from "../../onnx/messages.ts";
import { captionerFiles } from "../../testing/captionFolders.ts";
import { vlmFiles, vlmVectors } from "../../testing/vlmFolders.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { isHeld } from "../session.ts";
import type { Fed, Feeds, SessionFactory } from "../session.ts";
import { CaptionWriter } from "./captionWriter.ts";
import { LlavaModel } from "./llavaModel.ts";

const native = nodeSessions(1);

/** Native sessions that hold what they are asked to hold, as WebGPU's do. */
function holdingSessions() {
  const alive = new Set<object>();
  let most = 0;
  const inner = (value: Fed): Tensor => {
    if (!isHeld(value)) return value;
    expect(alive.has(value.held), "read after it was freed").toBe(true);
    return value.held as Tensor;
  };
  const read = (feeds: Feeds) =>
    Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, inner(value)]));
  const hold = (held: Tensor): Fed => {
    alive.add(held);
    most = Math.max(most, alive.size);
    const release = async (): Promise<void> => {
      expect(alive.delete(held), "freed twice").toBe(true);
    };
    return { held, shape: held.shape, release };
  };
  const sessions: SessionFactory = {
    backend: "native",
    create: async (graph, options) => {
      const session = await native.create(graph, options);
      return {
        ...session,
        run: (feeds, outputs) => session.run(read(feeds), outputs),
        runHolding: async (feeds) => {
          const results = await session.run(read(feeds));
          return Object.fromEntries(
            Object.entries(results).map(([name, value]) => [
              name,
              options?.held?.includes(name) === true ? hold(value) : value,
            ]),
          );
        },
      };
    },
  };
  return { sessions, alive, most: () => most };
}

interface LlavaVectors {
  readonly question: string;
  readonly grey: readonly number[];
  readonly generated: readonly number[];
}

it("a LLaVA's keys and values are held for one step, and freed at its end or where it is cancelled", async () => {
  const { sessions, alive, most } = holdingSessions();
  const golden = await vlmVectors<LlavaVectors>("llava");
  const model = await LlavaModel.open(await vlmFiles("llava"), sessions);
  const picture = Float32Array.from(golden.grey);
  const prompt = model.prompt(golden.question);
  const maxTokens = golden.generated.length;
  const { ids } = await model.generate(picture, prompt, { maxTokens });
  expect(ids).toEqual(golden.generated);
  expect(most()).toBeGreaterThan(0);
  expect(alive.size).toBe(0);
  const signal = { aborted: false };
  const onText = () => {
    signal.aborted = true;
  };
  const { stopped } = await model.generate(picture, prompt, { maxTokens, signal, onText });
  expect(stopped).toBe("cancelled");
  expect(alive.size).toBe(0);
  await model.release();
});

it.each([1, 3])(
  "a captioner's are shared by the texts that grow from one, and freed with the last (%d)",
  async (beams) => {
    const { sessions, alive, most } = holdingSessions();
    const files = await captionerFiles("vit-gpt2");
    const layout = { length: 8, image: 5, width: 8, start: 0 };
    const parts = { files, layout, attends: false, answering: emptyModel(17, "none") };
    const writer = await CaptionWriter.open(parts, sessions);
    const tokens = floatTensor(new Float32Array(5 * 8).fill(0.3), [1, 5, 8]);
    const limits = { maxTokens: 6, beams };
    const reference = await CaptionWriter.open(parts, native);
    const all = async (from: CaptionWriter) => {
      const writing = from.write(tokens, limits);
      for (;;) {
        const step = await writing.next();
        if (step.done) return step.value;
      }
    };
    expect(await all(writer)).toEqual(await all(reference));
    expect(most()).toBeGreaterThan(0);
    expect(alive.size).toBe(0);
    const cut = writer.write(tokens, limits);
    await cut.next();
    expect(alive.size).toBeGreaterThan(0);
    await close(cut);
    expect(alive.size).toBe(0);
    await writer.release();
    await reference.release();
  },
);
