/** What a tick of a slider copies out of the engine, with the model and the opening case of the page. */
import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { openBundledModel } from "../cli/nodeLab.ts";
import { bundledManifest } from "../cli/modelFiles.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import { createEngine } from "./engineService.ts";
import { HeldPayloads, SentPayloads } from "./payloads.ts";
import type { BackendInfo, WorkerEvent } from "./protocol.ts";

const opening = defaultSpec();
const at = (epsilon: number): ExperimentSpec => ({
  ...opening,
  certificate: { ...opening.certificate, enabled: false },
  stack: opening.stack.map((item) => (item.type === "attack" ? { ...item, epsilon } : item)),
});

test("a tick of epsilon copies at most the new picture and 60 kB", async () => {
  const refuse = () => Promise.reject(new Error("not asked"));
  const engine = createEngine({
    openModel: async ({ id, precision }) => ({
      model: await openBundledModel(id, precision, nodeSessions(2)),
      info: {} as BackendInfo,
    }),
    openLinkPackage: refuse,
    readManifest: bundledManifest,
    proposeModel: refuse,
    proposeFolder: refuse,
    formsOf: refuse,
    readForm: refuse,
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
  });
  const held = new HeldPayloads();
  let told: WorkerEvent[] = [];
  await engine.start({ assetsUrl: "", wish: "wasm" }, (event) => {
    told.push(event);
    if (event.type === "run") held.whole(event.event);
  });
  let requestId = 0;
  const tick = async (epsilon: number, fidelity: Fidelity) => {
    told = [];
    requestId++;
    await engine.run({ requestId, spec: at(epsilon), fidelity, held: held.keys() });
    return told;
  };
  await tick(2, "full");
  await tick(2.25, "preview");
  const events = await tick(2.5, "preview");
  const sizes = { pictures: 0, rest: 0 };
  for (const event of events) {
    if (event.type !== "run") continue;
    const { payload } = event.event as { readonly payload?: { readonly image?: Uint8Array } };
    const picture = payload?.image?.byteLength ?? 0;
    sizes.pictures += picture;
    // Pictures of a running attack move, and how many come depends on the clock.
    if (event.event.type === "stage") sizes.rest += serialize(event).length - picture;
  }
  // A draft, and what refines it: two answers, each with its picture, in a quarter of what one takes as floats.
  const side = 224;
  expect(sizes.pictures).toBe(2 * side ** 2);
  expect(sizes.rest / 2).toBeLessThanOrEqual(60_000);
  expect(sizes.pictures + sizes.rest).toBeLessThanOrEqual(60_000 + 4 * side ** 2);
}, 120_000);

test("a picture comes back bit by bit, as bytes where it is made of whole grey levels", () => {
  const sent = new SentPayloads(() => 0);
  const held = new HeldPayloads();
  const levels = Float32Array.from({ length: 256 }, (_, k) => k / 255);
  for (const image of [levels, levels.map((v) => v + 1e-7), Float32Array.of(-0, 1.5, NaN)]) {
    const event = {
      type: "stage",
      stage: "disturbed",
      key: String(image[0]) + image.length + image[1],
      partial: false,
      cached: false,
      payload: { image, items: [] },
    } as const;
    const out = sent.outgoing(1, event);
    if (out.type !== "run") throw new Error("not sent");
    const { payload } = out.event as { readonly payload: { readonly image: unknown } };
    expect(payload.image instanceof Uint8Array).toBe(image === levels);
    const back = held.whole(out.event);
    expect(back.type === "stage" && back.payload).toEqual({ image, items: [] });
    // The engine's own is still there.
    expect(image.length).toBeGreaterThan(0);
  }
});
