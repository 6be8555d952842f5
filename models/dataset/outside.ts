/**
 * Renders phantoms with patient parameters that sampleSpec hardly ever or never draws, for the row of held-out ranges in
 * the model card: node models/dataset/outside.ts --seeds A:B --out DIR
 *
 * Rotation is 9 to 12 degrees to either side and the dose 0.15 to 0.24 of the standard; findings are drawn as usual. The
 * layout of DIR is that of render.ts at 224 pixels, so that the same reader takes both.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { OptionError, parseOptions, readOptions } from "../../scripts/options.mjs";
import { randomStream } from "../../src/numerics/random.ts";
import { renderPhantom } from "../../src/phantom/phantom.ts";
import { sampleSpec } from "../../src/phantom/sample.ts";
import { caseBytes } from "./caseBytes.ts";

const SIZE = 224;

const { first, last, out } = readOptions("Usage: outside.ts --seeds A:B --out DIR", (args) => {
  const values = parseOptions(args, { seeds: { type: "string" }, out: { type: "string" } });
  const [from, to] = (values.seeds ?? "").split(":").map(Number);
  if (from === undefined || to === undefined || !(to > from)) {
    throw new OptionError("--seeds takes two whole numbers, the first and the one after the last");
  }
  if (!values.out) throw new OptionError("--out names the folder to write");
  return { first: from, last: to, out: values.out };
});
mkdirSync(out, { recursive: true });
const images = openSync(`${out}/images.u8`, "w");
const masks = openSync(`${out}/masks.u8`, "w");
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
writeFileSync(`${out}/cases.jsonl`, `${lines.join("\n")}\n`);
