/** Runs in the browser: one model on one backend, its forward pass, its gradient and an attack, as plain numbers. */
import { Lab } from "../src/engine/lab.ts";
import { fetchModelPackage } from "../src/graphs/modelPackage.ts";
import { openModel } from "../src/graphs/openModel.ts";
import { readyPackage } from "../src/graphs/readyModel.ts";
import { probeRunner } from "../src/graphs/runners.ts";
import { startRuntime } from "../src/engine/sessions.ts";
import type { WebRuntime } from "../src/engine/sessions.ts";
import { createMessageYield } from "../src/engine/yieldToHost.ts";
import { LlavaModel } from "../src/graphs/generative/llavaModel.ts";
import { readFolderFiles } from "../src/graphs/generative/modelFiles.ts";
import { defaultSpec } from "../src/experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../src/experiment/spec.ts";
import { parityImage } from "../src/model/manifest.ts";

const QUESTION = "Is there a pleural effusion?";

export interface ProbeNumbers {
  readonly embedding: readonly number[];
  /** Logits of "yes" and "no". */
  readonly logits: readonly number[];
  readonly loss: number;
  /** Of the loss with respect to each pixel. */
  readonly gradient: readonly number[];
  /** The disturbed picture of a short PGD run over the opening phantom, and the loss by step. */
  readonly attacked: readonly number[];
  readonly trace: readonly number[];
}

let runtime: Promise<WebRuntime> | undefined;

export async function probe(backend: "webgpu" | "wasm", siteUrl: string): Promise<ProbeNumbers> {
  runtime ??= startRuntime(true, { yieldToHost: createMessageYield() });
  const files = await fetchModelPackage(siteUrl, "base", "int8", () => {});
  const { manifest } = files;
  const { factory } = await runtime;
  const ready = await readyPackage(files, probeRunner(factory("wasm")));
  const model = await openModel(ready, factory(backend));
  const image = parityImage(manifest.input.size);
  const { answers, tokenIds } = manifest.answerSpaces["yes-no"]!;
  const promptIds = model.encodePrompt(QUESTION);
  const { embedding, tokens } = await model.encode(image);
  const { logits } = await model.answer(tokens, promptIds);
  const { loss, gradient } = await model.lossGradient(image, {
    kind: "answer",
    aim: "away",
    answer: "yes",
    loss: "margin",
    promptIds,
    answers,
    answerTokenIds: tokenIds,
  });
  const lab = new Lab({ openModel: async () => model, yieldToHost: createMessageYield() });
  let attacked: Float32Array = new Float32Array(0);
  let trace: readonly number[] = [];
  for await (const event of lab.run(attackSpec(), "full", { aborted: false })) {
    if (event.type !== "stage" || event.stage !== "disturbed") continue;
    attacked = event.payload.image;
    trace = event.payload.items[0]!.trace!.loss;
    // What comes after the attack is the page's journey.
    break;
  }
  await model.release();
  return {
    embedding: [...embedding],
    logits: tokenIds.map((id) => logits[id]!),
    loss,
    gradient: [...gradient],
    attacked: [...attacked],
    trace,
  };
}

/** What a small LLaVA of random weights makes of its golden picture. */
export interface SpokenNumbers {
  readonly logits: readonly number[];
  readonly ids: readonly number[];
}

interface SpeechProbe {
  /** Folder with the model and its vectors.json, served. */
  readonly url: string;
  readonly names: readonly string[];
  readonly backend: "webgpu" | "wasm";
  /** Tokens written after which `lose` is called. */
  readonly loseAfter?: number;
}

let speaking: { readonly backend: string; readonly model: LlavaModel } | undefined;

/** Writes as many tokens as the golden text has, with keys and values kept where the backend can keep them. */
export async function speak(
  { url, names, backend, loseAfter }: SpeechProbe,
  lose: () => void = () => {},
): Promise<SpokenNumbers> {
  const read = async (name: string) =>
    new Uint8Array(await (await fetch(url + name)).arrayBuffer());
  const golden = JSON.parse(new TextDecoder().decode(await read("vectors.json"))) as {
    question: string;
    grey: number[];
    generated: number[];
  };
  runtime ??= startRuntime(true, { yieldToHost: createMessageYield() });
  const { factory } = await runtime;
  if (speaking?.backend !== backend) {
    const files = await readFolderFiles(names, { read });
    speaking = { backend, model: await LlavaModel.open(files, factory(backend)) };
  }
  const { model } = speaking;
  const picture = Float32Array.from(golden.grey);
  const prompt = model.prompt(golden.question);
  const logits = await model.nextLogits(picture, prompt);
  let written = 0;
  try {
    const { ids } = await model.generate(picture, prompt, {
      maxTokens: golden.generated.length,
      onText: () => {
        if (++written === loseAfter) lose();
      },
    });
    return { logits: [...logits], ids };
  } catch (error) {
    speaking = undefined;
    await model.release().catch(() => {});
    throw error;
  }
}

function attackSpec(): ExperimentSpec {
  const spec = defaultSpec();
  const stack = spec.stack
    .filter((item) => item.type === "attack")
    .map((item) => ({ ...item, steps: 5, restarts: 1 }));
  return { ...spec, stack, certificate: { ...spec.certificate, enabled: false } };
}
