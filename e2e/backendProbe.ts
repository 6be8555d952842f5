/** Runs in the browser: one model on one backend, its forward pass, its gradient and an attack, as plain numbers. */
import { Lab } from "../src/engine/lab.ts";
import { fetchModelPackage } from "../src/graphs/modelPackage.ts";
import { openModel } from "../src/graphs/openModel.ts";
import { readyPackage } from "../src/graphs/readyModel.ts";
import { probeRunner } from "../src/graphs/runners.ts";
import { startRuntime } from "../src/engine/sessions.ts";
import type { WebRuntime } from "../src/engine/sessions.ts";
import { createMessageYield } from "../src/engine/yieldToHost.ts";
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

function attackSpec(): ExperimentSpec {
  const spec = defaultSpec();
  const stack = spec.stack
    .filter((item) => item.type === "attack")
    .map((item) => ({ ...item, steps: 5, restarts: 1 }));
  return { ...spec, stack, certificate: { ...spec.certificate, enabled: false } };
}
