import { expect, test } from "vitest";
import { canonicalJson } from "./canonicalJson.ts";

test("canonical JSON drops undefined and keeps arrays in order", () => {
  expect(canonicalJson({ b: undefined, a: [2, 1], c: null })).toBe('{"a":[2,1],"c":null}');
});
