/** How coarse or fine across the picture each layer of the encoder works: the energy of what its attentions mix, by frequency. */
import { fft2 } from "../../image/fft.ts";
import { grayImage } from "../../image/grayImage.ts";
import type { InnerResult, InnerSite } from "../../model/innerModel.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { tokenCutOff } from "../../system/tokenCutOff.ts";
import { BARE, noInside, orObstacle, promptOf } from "../insideOf.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Shares of one layer's energy: by whole periods across the picture, up to the last. */
interface Spectrum {
  readonly label: string;
  readonly shares: Float64Array;
}

export const bandEnergy = defineInstrument({
  id: "bandEnergy",
  label: "Slow and fast in the encoder",
  group: "stages",
  help: "Splits what each self-attention of the encoder mixes by how fast it changes across the picture's tokens, and says which share of its energy is in which band, for the clean and the disturbed picture. It says where a disturbance adds fast changes, not whether the answer hangs on them: the frequency modules among the defenses change the bands themselves.",
  source:
    "Two-dimensional discrete Fourier transform over the token grid, summed over heads and channels (Parseval); low-pass behaviour of self-attention: Park and Kim 2022 (arXiv:2202.06709)",
  params: {
    radius: tokenCutOff,
  },
  needs: ["model", "input", "disturbed"],
  obstacle: ({ model }) => noInside(model),
  async run({ model, input, disturbed }, { spec, params, context }) {
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const sites = await orObstacle(() => inner.innerSites());
    if (typeof sites === "string") return obstructed(sites);
    const [rows, columns] = model.manifest.tokenGrid ?? [0, 0];
    const mixed = sites.filter(
      ({ part, block, role, shape }) =>
        part === "encoder" &&
        block === "attention" &&
        role === "output" &&
        shape[2] === rows * columns,
    );
    if (mixed.length === 0) {
      return obstructed("No self-attention of this encoder is over the tokens of its grid alone.");
    }
    const read = mixed.map(({ id }) => id);
    const promptIds = promptOf(model, spec.question);
    const spectra: Spectrum[][] = [];
    for (const image of [input.image, disturbed.image]) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const seen = await orObstacle(() => inner.innerRun({ image, promptIds, read }));
      if (typeof seen === "string") return obstructed(seen);
      spectra.push(mixed.map((site) => spectrumOf(seen, site, [rows, columns])));
    }
    return resultOf(spectra[0]!, spectra[1]!, params["radius"] ?? 3);
  },
});

/** Energy by distance from frequency 0, in whole periods, as shares of the sum. */
export function spectrumOf(
  { states }: Pick<InnerResult, "states">,
  { id, label, shape }: Pick<InnerSite, "id" | "label" | "shape">,
  [rows, columns]: readonly [number, number],
): Spectrum {
  const [, heads = 1, tokens = 0, width = 0] = shape;
  const data = states[id]!;
  const bins = new Float64Array(1 + Math.ceil(Math.hypot(rows / 2, columns / 2)));
  for (let plane = 0; plane < heads * width; plane++) {
    const [head, channel] = [Math.floor(plane / width), plane % width];
    const values = Float32Array.from(
      { length: tokens },
      (_, t) => data[(head * tokens + t) * width + channel]!,
    );
    const { re, im } = fft2(grayImage(values, rows, columns));
    for (let k = 0; k < tokens; k++) {
      const [u, v] = [Math.floor(k / columns), k % columns];
      const distance = Math.hypot(Math.min(u, rows - u), Math.min(v, columns - v));
      bins[Math.ceil(distance - 1e-9)]! += re[k]! ** 2 + im[k]! ** 2;
    }
  }
  const whole = bins.reduce((a, b) => a + b, 0);
  return { label, shares: bins.map((value) => (whole > 0 ? value / whole : NaN)) };
}

function resultOf(
  clean: readonly Spectrum[],
  disturbed: readonly Spectrum[],
  radius: number,
): InstrumentResult {
  const low = ({ shares }: Spectrum) => shares.slice(0, radius + 1).reduce((a, b) => a + b, 0);
  const percent = (share: number) => `${decimal(100 * share, 1)} %`;
  const [first, last] = [clean[0]!, clean.at(-1)!];
  const moved = clean.map((spectrum, k) => low(disturbed[k]!) - low(spectrum));
  const most = moved.reduce((at, value, k) => (Math.abs(value) > Math.abs(moved[at]!) ? k : at), 0);
  const periods = `${radius} period${radius === 1 ? "" : "s"}`;
  const heat = (id: string, title: string, spectra: readonly Spectrum[]) =>
    ({
      kind: "heat",
      id,
      title,
      rows: spectra.map(({ label }) => label),
      columns: Array.from(first.shares, (_, k) => String(k)),
      values: Float64Array.from(
        spectra.flatMap(({ shares }) => Array.from(shares, (s) => 100 * s)),
      ),
      unit: "%",
    }) as const;
  return {
    statement: `Of the clean picture ${percent(low(first))} of the first attention's energy and ${percent(low(last))} of the last one's change by at most ${periods} across the picture. The disturbance moves that share most at the ${clean[most]!.label}, by ${decimal(100 * moved[most]!, 1)} points. ${BARE}`,
    quantities: clean.flatMap((spectrum, k) => [
      {
        id: `low.clean.${k + 1}`,
        label: `Slow share, ${spectrum.label}, clean`,
        value: low(spectrum),
        unit: "share",
      },
      {
        id: `low.disturbed.${k + 1}`,
        label: `Slow share, ${spectrum.label}, disturbed`,
        value: low(disturbed[k]!),
        unit: "share",
      },
    ]),
    plots: [
      heat("clean", "Energy by periods across the picture, clean", clean),
      heat("disturbed", "Energy by periods across the picture, disturbed", disturbed),
    ],
  };
}
