import { describe, expect, it } from "vitest";
import { compareSystems, entropyBits } from "./compareSystems.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import { modelInputOf } from "./source.ts";
import { withSystem } from "./systemChange.ts";
import { aboutFilm, disturbedFilm, isSamePicture, transferOf } from "./transferred.ts";
import { validateSpec } from "./validateSpec.ts";

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

describe("an attack carried over", () => {
  const own = { clean: readout("yes", "yes", [1, 0, 0, 0]) };
  const turned = transferOf(own, { clean: readout("no", "no", [1, 0, 0, 0]) });
  const held = transferOf(own, { clean: readout("yes", "yes", [1, 0, 0, 0]) });

  it("is judged by each system's own clean answer", () => {
    expect(turned).toEqual({ answer: "no", margin: -2, flipped: true });
    expect(held).toEqual({ answer: "yes", margin: 2, flipped: false });
    const { rows, statement } = compareSystems(own, own, { a: held, b: turned });
    expect(rows.filter(({ quantity }) => quantity.includes("other’s"))).toEqual([
      expect.objectContaining({ a: "yes", b: "no" }),
      expect.objectContaining({ a: 2, b: -2, unit: "logits" }),
      expect.objectContaining({ a: false, b: true }),
    ]);
    expect(statement).toContain(
      "The picture made for the first turns the second’s answer, and the one made for the second does not turn the first’s.",
    );
  });

  it("is shown as the picture itself, level by level, to a model of the same size", async () => {
    const levels = Array.from({ length: 16 }, (_, i) => i * 17);
    const image = Float32Array.from(levels, (level) => level / 255);
    const input = { size: 4, image, statement: "", notices: [] };
    const film = (await disturbedFilm({ input, disturbed: { image, items: [] } }))!;
    const asked = aboutFilm(defaultSpec(), film);
    expect(asked.stack).toEqual([]);
    for (const resample of [undefined, { filter: "bicubic" as const }]) {
      const model = { size: 4, resize: "area-centre-crop" as const, resample };
      const seen = modelInputOf(asked.case, asked.window, model, () => film);
      expect(seen.image).toEqual(image);
    }
    expect(validateSpec(asked)).toEqual(asked);
  });

  it("has nothing to say where both were given one picture", () => {
    const input = { size: 1, image: Float32Array.of(0), statement: "", notices: [] };
    const of = (...image: number[]) => ({
      input,
      disturbed: { image: Float32Array.from(image), items: [] },
    });
    expect(isSamePicture(of(1, 2), of(1, 2))).toBe(true);
    expect(isSamePicture(of(1, 2), of(1, 3))).toBe(false);
    expect(isSamePicture(of(1), of(1, 1))).toBe(false);
    expect(compareSystems(own, own, null).statement).toContain("nothing to carry over");
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
