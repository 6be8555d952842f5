import { expect, it } from "vitest";
import { chooseGraph, graphRole, noGraphAmong } from "./modelFolder.ts";

it.each<[string, readonly string[], string | undefined]>([
  [
    "LLaVA",
    ["onnx/decoder_model_merged.onnx", "onnx/embed_tokens.onnx", "onnx/vision_encoder.onnx"],
    "onnx/vision_encoder.onnx",
  ],
  ["CLIP in two", ["text_model.onnx", "vision_model.onnx"], "vision_model.onnx"],
  [
    "CLIP with its joint graph, in all forms",
    [
      "onnx/model.onnx",
      "onnx/model_quantized.onnx",
      "onnx/text_model.onnx",
      "onnx/vision_model.onnx",
      "onnx/vision_model_fp16.onnx",
      "onnx/vision_model_q4f16.onnx",
    ],
    "onnx/vision_model.onnx",
  ],
  ["halves only", ["vision_model_int8.onnx", "vision_model_fp16.onnx"], "vision_model_fp16.onnx"],
  ["Donut, TrOCR", ["decoder_model.onnx", "encoder_model.onnx"], "encoder_model.onnx"],
  ["OpenCLIP", ["textual.onnx", "visual.onnx"], "visual.onnx"],
  ["SAM", ["prompt_encoder_mask_decoder.onnx", "vision_encoder.onnx"], "vision_encoder.onnx"],
  ["one graph in three forms", ["model_q4.onnx", "model.onnx", "model_int8.onnx"], "model.onnx"],
  ["one graph of any name", ["densenet121.onnx"], "densenet121.onnx"],
  ["model and another", ["model.onnx", "classifier.onnx"], "model.onnx"],
  ["two of any name", ["a.onnx", "b.onnx"], undefined],
  ["two vision graphs", ["vision_encoder.onnx", "image_projection.onnx"], undefined],
  ["the same name twice", ["a/model.onnx", "b/model.onnx"], undefined],
  ["text only", ["text_model.onnx", "decoder.onnx"], undefined],
])("chooses the image encoder of %s", (_name, paths, chosen) => {
  expect(chooseGraph(paths).chosen).toBe(chosen);
  expect(chooseGraph(paths.toReversed()).chosen).toBe(chosen);
  expect(chooseGraph(paths).ranked).toHaveLength(paths.length);
});

it("knows the text side by its names", () => {
  for (const name of ["text_model", "decoder_with_past_model", "embed_tokens_fp16", "textual"]) {
    expect(graphRole(`onnx/${name}.onnx`)).toBe("other");
  }
});

it.each([
  [["config.json", "tokenizer.json"], /config.json, tokenizer.json describe a model and hold no/],
  [["tokenizer.json"], /tokenizer.json describes a model and holds no graph/],
  [["config.json", "model.safetensors"], /model.safetensors holds weights of another framework/],
  [["pytorch_model.bin"], /weights of another framework/],
])("says in one sentence why %s open no model", (names, sentence) => {
  const told = noGraphAmong(names)!;
  expect(told.message).toMatch(sentence);
  expect(told.hint).toContain("optimum-cli");
});

it("says nothing of files that belong to no model", () => {
  expect(noGraphAmong(["film.dcm", "README.md", "penumbra-run.json", "notes.bin"])).toBeUndefined();
});
