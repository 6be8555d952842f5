/** The shipped text encoder through the lab's own door. */
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { StageResults } from "../experiment/results.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { snapToByteLattice } from "../image/grayImage.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import { nodeLab } from "./nodeLab.ts";

const GOLDEN = [-0.009939, 0.065405, -0.112745, -0.038401, -0.212415, 0.029054];

test("sentences lie in the image's space: the same numbers as in Python, and a phantom fits what it shows", async () => {
  const system = await nodeLab().system("base", "int8");
  const sentences = [
    "Is there a pleural effusion?",
    "There is a pleural effusion.",
    "No pleural effusion.",
  ];
  const [golden, present, absent] = (await system.embedText!(sentences)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (const vector of [golden, present, absent]) expect(l2Norm(vector)).toBeCloseTo(1, 4);
  // onnxruntime 1.32 (Python, optimizations off: integer kernels round otherwise) on the stored graph, ids 1 4 302 304 264 333 331 35 2.
  GOLDEN.forEach((value, k) => expect(golden[k]).toBeCloseTo(value, 4));

  const gapOf = async (findings: Parameters<typeof renderPhantom>[0]["findings"]) => {
    const image = renderPhantom({ seed: 11, findings }, system.size).image.slice();
    snapToByteLattice(image);
    const [feature] = await system.embed([image]);
    return cosine(feature!, present) - cosine(feature!, absent);
  };
  const filled = await gapOf([{ kind: "effusion", side: "left", amount: 800 }]);
  expect(filled).toBeGreaterThan(await gapOf([]));
  expect(filled).toBeGreaterThan(0);
});

test("an attack can move the features to where a sentence lies (AttackVLM MF-it)", async () => {
  const lab = nodeLab();
  const text = "There is a pneumothorax.";
  const { certificate, relevance, ...spec } = defaultSpec();
  const attack = spec.stack.find(({ type }) => type === "attack")!;
  const asked = validateSpec({
    ...spec,
    relevance: { ...relevance, enabled: false },
    certificate: { ...certificate, enabled: false },
    stack: [{ ...attack, epsilon: 4, steps: 6, goal: { kind: "featureText", text } }],
  });
  const stages: Partial<StageResults> = {};
  for await (const event of lab.run(asked, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  const { trace } = stages.disturbed!.items[0]!;
  const system = await lab.system(spec.model.id, spec.model.precision);
  const [sentence] = await system.embedText!([text]);
  const before = cosine(stages.clean!.embedding, sentence!);
  const after = cosine(stages.readout!.embedding, sentence!);
  expect(after).toBeGreaterThan(before + 0.1);
  expect(trace!.bestLoss.at(-1)).toBeCloseTo(after - 1, 4);
  // What the result rests on is named, the text encoder too.
  expect(stages.graphs!.some(({ role }) => role === "text")).toBe(true);
  expect(trace!.lossName).toBe("cosine to what is wanted − 1");
}, 300_000);
