import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { modelTarget } from "./modelTarget.ts";

const root = await mkdtemp(path.join(tmpdir(), "penumbra-folder-"));
afterAll(() => rm(root, { recursive: true }));

async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [file, content] of Object.entries(files)) {
    const target = path.join(root, name, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return path.join(root, name);
}

const PROCESSOR = JSON.stringify({ image_mean: [0.5], image_std: [0.25], size: 96 });

it("chooses the image encoder of a folder and reads what describes it, from either end", async () => {
  const target = await folder("clip", {
    "preprocessor_config.json": PROCESSOR,
    "config.json": "{ broken",
    "onnx/text_model.onnx": "",
    "onnx/vision_model.onnx": "",
  });
  const found = await modelTarget(target);
  expect(found.file).toBe(path.join(target, "onnx/vision_model.onnx"));
  expect(found.notes.preprocessing).toMatchObject({ size: 96, mean: [0.5] });
  expect(await modelTarget(found.file)).toEqual(found);
});

it("says what a folder holds instead of one image encoder", async () => {
  const unclear = await folder("two", { "a.onnx": "", "b.onnx": "" });
  await expect(modelTarget(unclear)).rejects.toMatchObject({
    message: "The names of a.onnx, b.onnx do not say which one is the image encoder.",
  });
  const none = await folder("tokens", { "tokenizer.json": "{}" });
  await expect(modelTarget(none)).rejects.toMatchObject({
    message: "tokenizer.json describes a model and holds no graph.",
  });
});
