/** What is made of the files of a model folder, before anything of them is run. */
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { modelAmong } from "./openModelFiles.ts";
import { readingError } from "./readingError.ts";

const dropped = (files: Readonly<Record<string, unknown>>) =>
  Object.entries(files).map(([path, content]) => ({
    path,
    file: new File(
      [typeof content === "string" ? content : JSON.stringify(content)],
      path.split("/").at(-1)!,
    ),
  }));

const PROCESSOR = {
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  rescale_factor: 1 / 255,
  size: { height: 224, width: 224 },
};

describe("a Hugging Face folder", () => {
  const folder = {
    "llava/config.json": { model_type: "llava" },
    "llava/tokenizer.json": { version: "1.0" },
    "llava/preprocessor_config.json": PROCESSOR,
    "llava/model.safetensors": "weights",
    "llava/onnx/decoder_model_merged.onnx": "",
    "llava/onnx/embed_tokens.onnx": "",
    "llava/onnx/vision_encoder.onnx": "",
    "llava/onnx/vision_encoder.onnx_data": "data",
  };

  it("is taken whole, and its vision encoder can be had alone, fed as its preprocessor says", async () => {
    const { chosen, graphs, folder: whole } = (await modelAmong(dropped(folder)))!;
    expect(Object.keys(whole!.files.folder)).toEqual(Object.keys(folder));
    expect(whole!.correction).toEqual({});
    expect(chosen!.path).toBe("llava/onnx/vision_encoder.onnx");
    expect(graphs).toHaveLength(3);
    expect(chosen!.files.notes!.preprocessing).toMatchObject({
      size: 224,
      mean: [0.5, 0.5, 0.5],
      resize: "area-stretch",
    });
    expect(Object.keys(chosen!.files.weights)).toContain("vision_encoder.onnx_data");
    expect(chosen!.notices.join(" ")).toMatch(/decoder_model_merged.*embed_tokens.*not opened/);
    expect(chosen!.manifest).toBeUndefined();
  });

  it("of a family that is not opened says why, and offers its vision encoder", async () => {
    const { chosen, folder: whole } = (await modelAmong(
      dropped({ ...folder, "llava/config.json": { model_type: "llava_next" } }),
    ))!;
    expect(whole).toBeUndefined();
    expect(chosen!.path).toBe("llava/onnx/vision_encoder.onnx");
    expect(chosen!.notices.join(" ")).toMatch(/LLaVA-NeXT is recognised and not opened: it cuts/);
  });

  it("that lacks a file says which, and offers its vision encoder", async () => {
    const { "llava/tokenizer.json": _left, ...rest } = folder;
    const { chosen, folder: whole } = (await modelAmong(dropped(rest)))!;
    expect(whole).toBeUndefined();
    expect(chosen!.notices.join(" ")).toMatch(/LLaVA model lacks tokenizer\.json/);
  });

  it("is the same out of a zip", async () => {
    const text = (content: unknown) =>
      strToU8(typeof content === "string" ? content : JSON.stringify(content));
    const zip = zipSync(
      Object.fromEntries(Object.entries(folder).map(([path, content]) => [path, text(content)])),
    );
    const file = new File([Uint8Array.from(zip)], "llava.zip");
    const { folder: whole } = (await modelAmong([{ path: "llava.zip", file }]))!;
    expect(Object.keys(whole!.files.folder).toSorted()).toEqual(Object.keys(folder).toSorted());
    const films = zipSync({ "film.dcm": text("DICM") });
    const other = new File([Uint8Array.from(films)], "films.zip");
    expect(await modelAmong([{ path: "films.zip", file: other }])).toBeUndefined();
  });

  it("without a graph is refused in one sentence that says what to do", async () => {
    const parts = Object.entries(folder).filter(([path]) => !path.endsWith(".onnx"));
    await expect(modelAmong(dropped(Object.fromEntries(parts)))).rejects.toMatchObject({
      code: "model-incompatible",
      message: expect.stringContaining("weights of another framework"),
      hint: expect.stringContaining("optimum-cli export onnx"),
    });
  });

  it("takes the preprocessor nearest to the graph, and the class names", async () => {
    const { chosen } = (await modelAmong(
      dropped({
        "a/model.onnx": "",
        "preprocessor_config.json": { ...PROCESSOR, size: 512 },
        "a/preprocessor_config.json": PROCESSOR,
        "a/config.json": { id2label: { 0: "normal", 1: "pneumonia" } },
        "b/preprocessor_config.json": { ...PROCESSOR, size: 99 },
      }),
    ))!;
    expect(chosen!.files.notes).toMatchObject({
      preprocessing: { size: 224 },
      labels: ["normal", "pneumonia"],
    });
  });
});

it("asks which graph where the names do not say", async () => {
  const { chosen, graphs } = (await modelAmong(dropped({ "a.onnx": "", "b.onnx": "" })))!;
  expect(chosen).toBeUndefined();
  expect(graphs.map(({ path }) => path)).toEqual(["a.onnx", "b.onnx"]);
});

it("says of another tool's manifest that it is none of this lab, and opens the graph", async () => {
  const { chosen } = (await modelAmong(
    dropped({ "m.onnx": "", "manifest.json": { name: "A web app", icons: [] } }),
  ))!;
  expect(chosen!.manifest).toBeUndefined();
  expect(chosen!.notices).toEqual([
    "manifest.json is no model manifest of this lab, so it is not used.",
  ]);
});

it("names the field of a broken manifest of this lab in plain words", async () => {
  const broken = { format: 1, files: [], input: { size: -3 }, outputs: {} };
  await expect(
    modelAmong(dropped({ "m.onnx": "", "m.manifest.json": broken })),
  ).rejects.toMatchObject({
    code: "model-damaged",
    message: expect.stringMatching(/^m\.manifest\.json can't be used: its field "id" is wrong/),
  });
  await expect(
    modelAmong(dropped({ "m.onnx": "", "m.manifest.json": "{ half" })),
  ).rejects.toMatchObject({ message: "m.manifest.json is not valid JSON." });
});

it("says of a damaged description that it is none, and opens the graph beside it", async () => {
  const { chosen, folder } = (await modelAmong(
    dropped({ "vision_encoder.onnx": "", "config.json": '{ "model_type": "llava", ' }),
  ))!;
  expect(folder).toBeUndefined();
  expect(chosen!.notices).toEqual(["config.json is not valid JSON."]);
});

it("leaves films alone", async () => {
  expect(await modelAmong(dropped({ "film.dcm": "DICM", "notes.txt": "" }))).toBeUndefined();
});

it("says of a file that can't be read what happened, in words of its own", () => {
  const raw = new DOMException("A requested file or directory could not be found", "NotFoundError");
  expect(readingError(raw).message).toBe(
    "A dropped file could not be read: it was moved, renamed or is not permitted.",
  );
});
