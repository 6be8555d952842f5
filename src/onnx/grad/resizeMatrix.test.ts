/** Nearest resampling picks the entries that ONNX Runtime picks, for every size and way to round. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import { openNative } from "../../testing/nativeRunner.ts";
import { tinyGraph } from "../../testing/tinyGraphs.ts";
import { serializeModel } from "../file.ts";
import { resizeMatrix } from "./resizeMatrix.ts";

const WAYS = [
  "asymmetric",
  "half_pixel",
  "pytorch_half_pixel",
  "align_corners",
  "half_pixel_symmetric",
];
const ROUNDINGS = ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"];
/** Odd grids included: 14 to 18 and its like are where a quotient in double precision differs. */
const LARGEST = 28;

type Session = Awaited<ReturnType<typeof openNative>>;

/** Resizes [1, 1, 1, N] to run-time sizes, or by run-time scales. */
function resizing(way: string, rounding: string, by: "sizes" | "scales"): Promise<Session> {
  const model = tinyGraph(17, (b) => {
    const x = b.addInput("x", 1, [1, 1, 1, "n"]);
    const how = b.addInput(by, by === "sizes" ? 7 : 1, [4]);
    b.add("Resize", by === "sizes" ? [x, "", "", how] : [x, "", how], {
      outputs: ["y"],
      attributes: {
        mode: { string: "nearest" },
        coordinate_transformation_mode: { string: way },
        nearest_mode: { string: rounding },
      },
    });
    b.addOutput("y", 1);
  });
  return openNative(serializeModel(model));
}

/** Which entry each output shows, by the matrix. */
function picked(
  input: number,
  output: number,
  scale: number,
  way: string,
  rounding: string,
): number[] {
  const matrix = resizeMatrix({
    input,
    output,
    scale,
    mode: "nearest",
    coordinates: way,
    nearest: rounding,
    cubicCoefficient: -0.75,
    excludeOutside: false,
    antialias: false,
    region: undefined,
  })!;
  return Array.from({ length: output }, (_, o) => matrix.indexOf(1, o * input) - o * input);
}

const ramp = (n: number) =>
  floatTensor(
    Float32Array.from({ length: n }, (_, i) => i),
    [1, 1, 1, n],
  );

for (const way of WAYS) {
  describe(`nearest, ${way}`, () => {
    const sessions = new Map<string, Session>();
    beforeAll(async () => {
      for (const rounding of ROUNDINGS) {
        for (const by of ["sizes", "scales"] as const) {
          sessions.set(rounding + by, await resizing(way, rounding, by));
        }
      }
    });
    afterAll(async () => {
      for (const session of sessions.values()) await session.release();
    });

    it.each(ROUNDINGS)("%s", async (rounding) => {
      const wrong: string[] = [];
      for (let input = 1; input <= LARGEST; input++) {
        for (let output = 1; output <= LARGEST; output++) {
          if (input === output) continue;
          const { y } = await sessions
            .get(`${rounding}sizes`)!
            .run({ x: ramp(input), sizes: int64Tensor([1, 1, 1, output], [4]) });
          const scale = Math.fround(output / input);
          if (
            [...(y!.data as Float32Array)].join() !==
            picked(input, output, scale, way, rounding).join()
          ) {
            wrong.push(`${input} to ${output}`);
          }
        }
        for (const scale of [0.3, 1 / 3, 0.6, 2 / 3, 0.8, 1.1, 1.2, 4 / 3, 1.6, 1.7, 2, 2.5].map(
          Math.fround,
        )) {
          const output = Math.floor(Math.fround(scale * input));
          if (output < 1 || output === input) continue;
          const scales = floatTensor(Float32Array.of(1, 1, 1, scale), [4]);
          const { y } = await sessions.get(`${rounding}scales`)!.run({ x: ramp(input), scales });
          if (
            [...(y!.data as Float32Array)].join() !==
            picked(input, output, scale, way, rounding).join()
          ) {
            wrong.push(`${input} by ${scale}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  });
}
