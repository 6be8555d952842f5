/** A manifest that asks for what the lab does not do is refused, not opened as something else. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseManifest } from "./manifest.ts";

const bundled = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../../public/models/base/manifest.json"), "utf8"),
) as Readonly<Record<string, unknown>>;

test("a bundled manifest is read", () => {
  expect(parseManifest(bundled).task).toBe("vqa");
});

test.each(["dual-encoder", "segmentation", undefined])("the task %s is refused", (task) => {
  expect(() => parseManifest({ ...bundled, task })).toThrow(
    /task.*must be vqa, classifier or encoder, the tasks this lab runs/,
  );
});
