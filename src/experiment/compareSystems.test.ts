import { describe, expect, it } from "vitest";
import { compareSystems, entropyBits } from "./compareSystems.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import { withSystem } from "./systemChange.ts";

function readout(
  corrected: string,
  wording: string,
  map: readonly number[],
): StageResults["clean"] {
  const said = (answer: string, question: string) => ({
    question,
    answer,
    corrected: answer,
    polarity: 1 as const,
    probabilities: {},
    massOutside: 0,
    margin: answer === "yes" ? 2 : -2,
    strategy: "",
    trained: true,
  });
  return {
    answer: said(corrected, "Is there an effusion?"),
    paraphrases: [said(wording, "Is fluid seen?")],
    embedding: Float32Array.of(1),
    grid: [2, 2],
    attention: [
      { tap: "a", kind: "cross", layer: 0, heads: 1, grid: [2, 2], maps: Float32Array.from(map) },
    ],
    rollout: new Float32Array(),
  };
}

describe("two systems on one case", () => {
  const a = {
    clean: readout("yes", "yes", [1, 0, 0, 0]),
    readout: readout("no", "no", [1, 0, 0, 0]),
  };
  const b = {
    clean: readout("yes", "no", [0, 1, 0, 0]),
    readout: readout("yes", "no", [0.25, 0.25, 0.25, 0.25]),
  };

  it("part where they say different things, and on which wordings", () => {
    const { statement, rows, wordings, wordingsAsked } = compareSystems(a, b);
    expect(rows.filter(({ parts }) => parts).map(({ quantity }) => quantity)).toEqual([
      "disturbed answer",
    ]);
    expect(wordings).toEqual([{ question: "Is fluid seen?", picture: "clean", a: "yes", b: "no" }]);
    expect(wordingsAsked).toBe(2);
    expect(statement).toBe(
      "They part on: disturbed answer. Of 2 answers to other wordings, 1 differs.",
    );
  });

  it("look alike by the divergence of their maps, each with its entropy", () => {
    const [clean, disturbed] = compareSystems(a, b).maps;
    expect(clean).toEqual({ picture: "clean", entropyA: 0, entropyB: 0, jsd: 1 });
    expect(disturbed!.entropyB).toBeCloseTo(2, 12);
    // By hand: half of KL((1,0,0,0) | (5,1,1,1)/8) and half of KL(even | (5,1,1,1)/8), in bits.
    const byHand = 0.5 * Math.log2(8 / 5) + 0.5 * (0.25 * Math.log2(2 / 5) + 0.75 * Math.log2(2));
    expect(disturbed!.jsd).toBeCloseTo(byHand, 12);
  });

  it("say the same of themselves", () => {
    const { statement, maps } = compareSystems(a, a);
    expect(statement).toBe("They say the same here. Of 2 answers to other wordings, none differs.");
    expect(maps.map(({ jsd }) => jsd)).toEqual([0, 0]);
  });

  it("have no divergence on unlike grids", () => {
    const other = { ...b.clean, attention: [{ ...b.clean.attention[0]!, grid: [1, 4] as const }] };
    expect(compareSystems(a, { clean: other }).maps[0]!.jsd).toBeNull();
  });

  it("have the entropy of a distribution whatever the map sums to", () => {
    expect(entropyBits([3, 3, 0, 0])).toBeCloseTo(1, 12);
  });
});

describe("the second system", () => {
  it("changes nothing of the experiment but the system", () => {
    const spec = withSystem(defaultSpec(), {
      model: "robust",
      precision: "fp16",
      defenses: "medianFilter",
    });
    expect(spec).toMatchObject({
      model: { id: "robust", precision: "fp16" },
      question: defaultSpec().question,
    });
    expect(spec.defenses.map(({ defense }) => defense)).toEqual(["medianFilter"]);
    expect(() => withSystem(spec, { model: "base", precision: "int8", defenses: "sky" })).toThrow(
      'no defense "sky"',
    );
  });
});
