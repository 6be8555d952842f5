import { describe, expect, it } from "vitest";
import { parseLabels, parsePreprocessing, withPreprocessing } from "./preprocessing.ts";

const parse = (json: unknown) => parsePreprocessing(json, "preprocessor_config.json");

describe("preprocessor_config.json", () => {
  it("of CLIP: cropped, bicubic, normalised", () => {
    const clip = parse({
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_normalize: true,
      do_rescale: true,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
      resample: 3,
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 224 },
    });
    expect(clip).toMatchObject({
      size: 224,
      range: [0, 1],
      mean: [0.48145466, 0.4578275, 0.40821073],
      resize: "area-centre-crop",
    });
    expect(clip!.notices).toEqual([expect.stringContaining("bicubic")]);
  });

  it("of SigLIP: squeezed to a square", () => {
    const siglip = parse({
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      rescale_factor: 0.00392156862745098,
      size: { height: 384, width: 384 },
    });
    expect(siglip).toMatchObject({ size: 384, resize: "area-stretch", mean: [0.5, 0.5, 0.5] });
  });

  it("of ResNet: a border is cut away, which is said", () => {
    const resnet = parse({
      crop_size: 224,
      do_center_crop: true,
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
      size: { shortest_edge: 256 },
    });
    expect(resnet).toMatchObject({ size: 224, range: [0, 1] });
    expect(resnet!.notices.join(" ")).toContain("12.5 % of the picture's side");
  });

  it.each<[string, object, readonly number[], readonly number[]]>([
    ["no normalisation", { do_normalize: false, image_mean: [0.5], image_std: [0.5] }, [0, 1], [0]],
    ["no rescaling", { do_rescale: false, image_mean: [123], image_std: [58] }, [0, 255], [123]],
    [
      "an offset",
      { rescale_factor: 1 / 127.5, rescale_offset: true, do_normalize: false },
      [-1, 1],
      [0],
    ],
    ["another factor", { rescale_factor: 1 / 127.5, do_normalize: false }, [0, 2], [0]],
    ["a single number for all channels", { image_mean: 0.5, image_std: 0.25 }, [0, 1], [0.5]],
  ])("with %s", (_name, json, range, mean) => {
    const parsed = parse(json)!;
    expect(parsed.range).toEqual(range);
    expect(parsed.mean![0]).toBe(mean[0]);
  });

  it("inside processor_config.json, and timm's and OpenCLIP's own forms", () => {
    const inner = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: 336 };
    expect(parse({ image_processor: inner })).toMatchObject({ size: 336 });
    expect(
      parse({
        pretrained_cfg: { mean: [0.1], std: [0.2], input_size: [3, 288, 288], crop_pct: 0.95 },
      }),
    ).toMatchObject({ size: 288, mean: [0.1] });
    expect(parse({ preprocess_cfg: { mean: [0.1], std: [0.2], size: 256 } })).toMatchObject({
      size: 256,
    });
  });

  it("says of another resampling that the lab averages areas, and nothing of Pillow's box, which does", () => {
    const processor = { image_mean: [0.5], image_std: [0.5], size: 224 };
    expect(parse({ ...processor, resample: 3 })!.notices.join()).toMatch(/bicubic/);
    expect(parse({ ...processor, resample: 4 })!.notices).toEqual([]);
  });

  it("is no other JSON", () => {
    for (const json of [null, 3, {}, { model_type: "llava" }, { size: 3 }]) {
      expect(parse(json)).toBeUndefined();
    }
  });
});

it("leaves a graph that normalises itself alone, and says that the file would do it twice", () => {
  const found = {
    mean: [0, 0, 0],
    std: [1, 1, 1],
    range: [0, 1],
    notice: "The graph normalises.",
    source: "graph",
  } as const;
  const given = parse({ image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: 224 });
  const { mean, notices } = withPreprocessing(found, given, 192);
  expect(mean).toEqual([0, 0, 0]);
  expect(notices.join(" ")).toMatch(/done twice.*graph normalises.*224 x 224.*192 x 192/);
});

it("reads class names by index, and not the ones that name nothing", () => {
  expect(parseLabels({ id2label: { "10": "c", "2": "b", "0": "a" } })).toEqual(["a", "b", "c"]);
  expect(parseLabels({ id2label: { "0": "LABEL_0", "1": "LABEL_1" } })).toBeUndefined();
  expect(parseLabels({ label_names: ["x", "y"] })).toEqual(["x", "y"]);
  expect(parseLabels({ model_type: "vit" })).toBeUndefined();
});
