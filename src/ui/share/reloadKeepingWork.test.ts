import { expect, test } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import type { ReplayNumbers } from "../../experiment/replaySchema.ts";
import { promisedTo } from "./reloadKeepingWork.ts";

test("a reload in the middle of a replay takes along what the link promised, and nothing once it was edited", () => {
  const spec = defaultSpec();
  const expected = { modelId: "base" } as unknown as ReplayNumbers;
  const openedLink = { spec, origin: "link", expected } as const;
  expect(promisedTo(spec, { openedLink })).toBe(expected);
  expect(promisedTo(defaultSpec(), { openedLink })).toBeUndefined();
  expect(promisedTo(spec, { openedLink: null })).toBeUndefined();
});
