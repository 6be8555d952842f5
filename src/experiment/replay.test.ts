import { expect, test } from "vitest";
import { compareReplay } from "./replay.ts";
import type { ReplayNumbers } from "./replaySchema.ts";

const NUMBERS: ReplayNumbers = {
  answerClean: "yes",
  answerDisturbed: "no",
  marginClean: 3.25,
  marginDisturbed: -1.5,
  featureCosine: 0.93,
  backend: "wasm",
  precision: "int8",
  modelSha256: "aaaaaaaabbbbbbbb",
};

test("the same numbers are reproduced without a word", () => {
  expect(compareReplay(NUMBERS, NUMBERS)).toEqual({ status: "reproduced", differences: [] });
});

test("another backend with the same numbers is reproduced, and named", () => {
  const { status, differences } = compareReplay(NUMBERS, {
    ...NUMBERS,
    backend: "webgpu",
    marginClean: 3.2659,
    featureCosine: 0.9315,
  });
  expect(status).toBe("reproduced");
  expect(differences).toEqual(["The backend was wasm there and is webgpu here."]);
});

test("an attack's rounding differences are allowed between kernels, and only there", () => {
  const here = { ...NUMBERS, marginDisturbed: -1.445 };
  const compared = (there: "wasm" | "native" | "webgpu", back: "wasm" | "native" | "webgpu") =>
    compareReplay({ ...NUMBERS, backend: there }, { ...here, backend: back }).status;
  expect(compared("wasm", "wasm")).toBe("differs");
  expect(compared("wasm", "native")).toBe("reproduced");
  expect(compared("native", "native")).toBe("reproduced");
  expect(compared("webgpu", "webgpu")).toBe("reproduced");
  const far = { ...NUMBERS, backend: "native" as const, marginDisturbed: -1.25 };
  // The clean picture has no attack to multiply anything.
  const clean = { ...NUMBERS, backend: "native" as const, marginClean: 3.3 };
  expect(compareReplay(NUMBERS, clean).status).toBe("differs");
  expect(compareReplay(NUMBERS, far).differences[0]).toContain("(tolerance 0.2)");
});

test.each([
  [{ answerDisturbed: "yes" }, "The disturbed answer was no there and is yes here."],
  [{ answerClean: "no" }, "The clean answer was yes there and is no here."],
  [{ marginClean: 3.3 }, "The clean margin was 3.25 there and is 3.3 here (tolerance 0.001)."],
  [{ marginDisturbed: NaN }, "The disturbed margin was -1.5 there and is NaN here"],
  [{ featureCosine: 0.9 }, "The feature cosine was 0.93 there and is 0.9 here"],
  [{ precision: "fp32" as const }, "The precision of the model was int8"],
  [{ modelSha256: "cccccccc" }, "The model files are others: aaaaaaaa there, cccccccc here."],
])("%j differs", (change, sentence) => {
  const { status, differences } = compareReplay(NUMBERS, { ...NUMBERS, ...change });
  expect(status).toBe("differs");
  expect(differences.join(" ")).toContain(sentence);
});
