import { expect, it } from "vitest";
import { baseExperiment } from "../../study/baseExperiment.ts";
import { nodeLab } from "../../cli/nodeLab.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import type { ExperimentSpec } from "../spec.ts";
import { spectrumOf } from "./bandEnergy.ts";
import type { InstrumentResult } from "./instrumentResult.ts";

it("finds two waves where they are, with the energies that they have", () => {
  const [heads, tokens, width] = [2, 64, 3];
  const wave = (t: number) =>
    0.2 * Math.cos((2 * Math.PI * (t % 8)) / 8) + 0.1 * Math.cos(Math.PI * (t % 8));
  const data = Float32Array.from({ length: heads * tokens * width }, (_, at) =>
    wave(Math.floor(at / width) % tokens),
  );
  const site = { id: "a", label: "a", shape: [1, heads, tokens, width] };
  const { shares } = spectrumOf({ states: { a: data } }, site, [8, 8]);
  // .02 at one period and .01 at four, of .03.
  expect(shares[1]).toBeCloseTo(2 / 3, 5);
  expect(shares[4]).toBeCloseTo(1 / 3, 5);
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
});

it("says of the base model which share is slow, layer by layer", async () => {
  const spec: ExperimentSpec = {
    ...baseExperiment(),
    stack: [
      {
        id: "n",
        type: "perturbation",
        perturbation: "gaussianNoise",
        enabled: true,
        seed: 1,
        params: {},
      },
    ],
    instruments: [{ instrument: "bandEnergy", enabled: true, seed: 1, params: { radius: 3 } }],
  };
  let result: InstrumentResult | undefined;
  for await (const event of nodeLab(nodeSessions(1)).run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "instrument:bandEnergy") {
      result = event.payload;
    }
  }
  expect(result!.quantities).toHaveLength(10);
  for (const { value } of result!.quantities) {
    expect(value).toBeGreaterThan(0.3);
    expect(value).toBeLessThan(1);
  }
  const plot = result!.plots![0]!;
  expect(plot.kind === "heat" && plot.rows).toHaveLength(5);
});
