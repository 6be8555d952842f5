import { describe, expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { vlmFiles, vlmSource } from "../../testing/vlmFolders.ts";
import { probeRunner } from "../runners.ts";
import { zippedSource } from "../sources/zip.ts";
import { graphOfPart, isKnownFamily, readModelFolder } from "./folder.ts";
import { readFolderFiles } from "./modelFiles.ts";
import { buildFolder } from "./ownFolder.ts";

const LLAVA = [
  "config.json",
  "tokenizer.json",
  "preprocessor_config.json",
  "onnx/vision_encoder.onnx",
  "onnx/vision_encoder_fp16.onnx",
  "onnx/embed_tokens.onnx",
  "onnx/decoder_model_merged_q4.onnx",
  "onnx/decoder_model_merged_q4.onnx_data",
];

describe("a model folder", () => {
  it("is recognised by its config, and its graphs by part and precision", () => {
    const folder = readModelFolder(LLAVA, { model_type: "llava" });
    expect(folder).toMatchObject({ family: "llava", label: "LLaVA", problem: undefined });
    expect(folder.graphs).toEqual({
      vision: { fp32: "onnx/vision_encoder.onnx", fp16: "onnx/vision_encoder_fp16.onnx" },
      embed: { fp32: "onnx/embed_tokens.onnx" },
      decoder: { q4: "onnx/decoder_model_merged_q4.onnx" },
    });
    expect(graphOfPart(folder, "decoder")).toBe("onnx/decoder_model_merged_q4.onnx");
    expect(graphOfPart(folder, "vision", "fp16")).toBe("onnx/vision_encoder_fp16.onnx");
    // A part without this precision is taken in the fullest that it has.
    expect(graphOfPart(folder, "embed", "q4")).toBe("onnx/embed_tokens.onnx");
    expect(() => graphOfPart(folder, "vision", "int8")).toThrow(/no graph in the precision int8/);
  });

  it("says what is missing", () => {
    const names = LLAVA.filter((name) => !/embed|tokenizer/.test(name));
    expect(readModelFolder(names, { model_type: "llava" })).toMatchObject({
      family: undefined,
      problem: "The folder of a LLaVA model lacks embed_tokens.onnx, tokenizer.json.",
    });
  });

  it.each([
    ["llava_next", /LLaVA-NeXT is recognised and not opened: it cuts pictures into tiles/],
    ["bert", /model_type "bert", which the lab knows no prompt/],
  ])("refuses %s by name", (type, sentence) => {
    const folder = readModelFolder(LLAVA, { model_type: type });
    expect(folder.family).toBeUndefined();
    expect(folder.problem).toMatch(sentence);
  });

  it.each([
    ["vision-encoder-decoder", "encoder_model.onnx", "decoder_model_merged.onnx"],
    ["blip", "vision_model.onnx", "text_decoder_model.onnx"],
  ])("of %s is a captioner, its graphs by their exporters' names", (type, encoder, decoder) => {
    const beside = ["config.json", "tokenizer.json", "preprocessor_config.json"];
    const folder = readModelFolder([...beside, encoder, decoder], { model_type: type });
    expect(folder).toMatchObject({ family: "captioner", problem: undefined });
    expect(graphOfPart(folder, "vision")).toBe(encoder);
    expect(graphOfPart(folder, "decoder")).toBe(decoder);
    const lacking = readModelFolder([...beside, encoder], { model_type: type });
    expect(lacking.problem).toMatch(/lacks decoder_model_merged\.onnx/);
  });

  it("is no model of several graphs where config.json says nothing of one", () => {
    expect([{}, null, "llava", { model_type: "vit" }].map(isKnownFamily)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("files that are not what they should be", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = async (changed: Record<string, unknown>): Promise<unknown> => {
    const all: Record<string, Uint8Array> = {
      "config.json": bytes({ model_type: "llava" }),
      "tokenizer.json": bytes({}),
      "preprocessor_config.json": bytes({ do_normalize: false }),
    };
    for (const [name, value] of Object.entries(changed)) all[name] = bytes(value);
    const source = { read: (name: string) => Promise.resolve(all[name]) };
    return readFolderFiles(LLAVA, source, undefined);
  };

  it("a processor without a size, and a tokenizer that is none", async () => {
    await expect(files({})).rejects.toMatchObject({
      code: "model-damaged",
      message: "preprocessor_config.json does not say the size of the picture.",
    });
    await expect(
      files({ "preprocessor_config.json": { do_normalize: false, size: 28 } }),
    ).rejects.toMatchObject({
      code: "model-damaged",
      message: "tokenizer.json can't be read as a tokenizer.",
    });
  });

  it("a processor of pictures that no memory holds", async () => {
    const { names, source } = await vlmSource("llava");
    const size = { height: 1e15, width: 1e15 };
    const huge = new TextEncoder().encode(JSON.stringify({ do_normalize: false, size }));
    const read = (name: string) =>
      name === "preprocessor_config.json" ? Promise.resolve(huge) : source.read(name);
    const runner = probeRunner(nodeSessions(1));
    await expect(buildFolder({ names, source: { read } }, {}, runner)).rejects.toMatchObject({
      code: "graph-invalid",
      message: expect.stringContaining("more than any input the lab makes") as string,
    });
  });

  it("a zip that is none", () => {
    expect(() => zippedSource(Uint8Array.of(1, 2, 3), "model.zip")).toThrow(
      /model\.zip is not a zip that can be read/,
    );
  });

  it("a precision that the folder has not", async () => {
    const found = await vlmFiles("llava", "int8");
    await expect(found.graph("vision")).rejects.toMatchObject({ code: "model-not-found" });
  });
});
