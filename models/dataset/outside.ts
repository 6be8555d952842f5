/**
 * Renders phantoms with patient parameters that sampleSpec hardly ever or never draws, for the row of held-out ranges in
 * the model card: node models/dataset/outside.ts --seeds A:B --out DIR
 *
 * Rotation is 9 to 12 degrees to either side and the dose 0.15 to 0.24 of the standard; findings are drawn as usual. The
 * layout of DIR is that of render.ts at 224 pixels, so that the same reader takes both.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { randomStream } from "../../src/numerics/random.ts";
import { renderPhantom, sampleSpec } from "../../src/phantom/phantom.ts";
import { caseBytes } from "./caseBytes.ts";

const SIZE = 224;

const { values } = parseArgs({ options: { seeds: { type: "string" }, out: { type: "string" } } });
const [first, last] = (values.seeds ?? "").split(":").map(Number);
if (first === undefined || last === undefined || !(last > first) || !values.out) {
  throw new Error("usage: outside.ts --seeds A:B --out DIR");
}
mkdirSync(values.out, { recursive: true });
const images = openSync(`${values.out}/images.u8`, "w");
const masks = openSync(`${values.out}/masks.u8`, "w");
const lines: string[] = [];
for (let seed = first; seed < last; seed++) {
  const random = randomStream(seed, "dataset", "outside");
  const turned = (9 + 3 * random.uniform()) * (random.chance(0.5) ? 1 : -1);
  const phantom = renderPhantom(
    {
      ...sampleSpec(seed),
      patient: {
        rotationDeg: Math.round(2 * turned) / 2,
        exposure: 0.15 + 0.09 * random.uniform(),
      },
    },
    SIZE,
  );
  const { image, masks: coverage, line } = caseBytes(seed, phantom);
  writeSync(images, image);
  writeSync(masks, coverage);
  lines.push(line);
}
closeSync(images);
closeSync(masks);
writeFileSync(`${values.out}/cases.jsonl`, `${lines.join("\n")}\n`);
