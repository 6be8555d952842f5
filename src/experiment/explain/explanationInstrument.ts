/** An explainer as an instrument: its map of the clean and of the disturbed picture, how alike they are, and whether they point at the finding. */
import { localization } from "../../explanations/localization.ts";
import type { Localization } from "../../explanations/localization.ts";
import { compareMaps } from "../../explanations/mapComparison.ts";
import { grayImage } from "../../image/grayImage.ts";
import { interpretQuestion } from "../../language/recognize.ts";
import { withDefaults } from "../../system/param.ts";
import { defineInstrument } from "../instruments/instrument.ts";
import type { Instrument } from "../instruments/instrument.ts";
import type { InstrumentResult, PictureMap, Quantity } from "../instruments/instrumentResult.ts";
import type { InputResult } from "../results.ts";
import type { StageNews } from "../stage.ts";
import type { ExplainScope, Explainer, Explanation, Subject } from "./explainer.ts";
import { decimal } from "../../numerics/decimalText.ts";

export function explanationInstrument(explainer: Explainer): Instrument {
  const { id, label, how, source, params } = explainer;
  return defineInstrument({
    id,
    label,
    group: "explanations",
    tellsTruth: true,
    help: `${label} ${how}: once for the clean picture's answer and once for the disturbed one's. A map that moves shows that the ground of the answer moved; a map on the finding does not prove that the model used it (switch on the faithfulness test for that).`,
    source,
    params,
    needs: ["system", "input", "disturbed", "clean", "readout"],
    obstacle: ({ system, clean }) => explainer.obstacle?.({ system, reading: clean }),
    async *run(
      { system, input, disturbed, clean, readout },
      { spec, params: given, seed, context },
    ) {
      const scope = { params: given, seed, context };
      const about = { system, size: input.size, question: spec.question };
      const first = yield* explained(
        explainer,
        { ...about, image: input.image, reading: clean },
        scope,
      );
      if (!first) return undefined;
      const isSame = disturbed.image === input.image;
      const second = isSame
        ? first
        : yield* explained(
            explainer,
            { ...about, image: disturbed.image, reading: readout },
            scope,
          );
      if (!second) return undefined;
      const mask = askedMask(spec.question, input);
      return resultOf(explainer, { first, second, isSame, mask });
    },
  });
}

/** An explanation with its passes told as progress. */
export async function* explained(
  explainer: Explainer,
  subject: Subject,
  scope: ExplainScope,
): AsyncGenerator<StageNews<never>, Explanation | undefined> {
  const run = explainer.explain(subject, {
    ...scope,
    params: withDefaults(explainer.params, scope.params),
  });
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    const { done, total } = step.value;
    yield { progress: { done, total, label: `${explainer.label}: pass ${done} of ${total}` } };
  }
}

/** Where the finding that is asked about lies: in a phantom that has it, or where a reader marked it on a film. */
interface AskedMask {
  readonly finding: string;
  readonly mask: Float32Array;
  /** Of a film: share of the marked area that the model was given. */
  readonly inside?: number;
}

/** The place, or why there is none, as a clause. */
export function askedMask(
  question: string,
  { truth, marked }: Pick<InputResult, "truth" | "marked">,
): AskedMask | string {
  const finding = interpretQuestion(question).understood?.findingId ?? undefined;
  if (!truth) {
    if (!marked) {
      return "of a film it is known only where a reader has marked it (a table of boxes, opened together with the films)";
    }
    const box = finding === undefined ? undefined : marked[finding];
    if (finding === undefined || !box) {
      return `no box on this film is marked as what the question asks about (marked: ${Object.keys(marked).join(", ")})`;
    }
    if (box.inside === 0) return "the marked box lies outside the square that the model is given";
    return { finding, mask: box.mask, inside: box.inside };
  }
  const known = finding !== undefined && truth.findings.some(({ kind }) => kind === finding);
  const mask = known ? truth.masks[finding] : undefined;
  return mask && finding !== undefined
    ? { finding, mask }
    : "the phantom has no finding that the question asks about";
}

interface Pair {
  readonly first: Explanation;
  readonly second: Explanation;
  readonly isSame: boolean;
  readonly mask: AskedMask | string;
}

function resultOf(explainer: Explainer, { first, second, isSame, mask }: Pair): InstrumentResult {
  const { label, unit } = explainer;
  const [a, b] = [first, second].map(({ grid, values }) => grayImage(positive(values), ...grid));
  const alike = compareMaps(a!, b!);
  const isMask = typeof mask !== "string";
  const places = [first, second].map(({ values, grid }) =>
    isMask ? localization(values, grid, mask.mask) : null,
  );
  const note = isMask ? "the map has no positive weight" : mask;
  const names = ["clean", "disturbed"] as const;
  const maps = [first, second].map(({ grid, values }, k): PictureMap => ({
    id: names[k]!,
    label: `${label}, ${names[k]} picture`,
    grid,
    data: positive(values),
    unit,
  }));
  return {
    statement: `${whereSentence(label, places, mask)} ${
      isSame
        ? "Nothing disturbs the picture, so there is one map."
        : `Between the clean and the disturbed picture the maps agree by SSIM ${decimal(alike.ssim, 2)} (1 is the same map) and differ by ${decimal(alike.jsd, 2)} bits of at most 1.`
    }`,
    quantities: [
      {
        id: "ssim",
        label: "Overlap of clean and disturbed map (SSIM)",
        value: alike.ssim,
        unit: "",
      },
      {
        id: "jsd",
        label: "Divergence of the two maps (Jensen-Shannon)",
        value: alike.jsd,
        unit: "bits",
      },
      ...names.flatMap((name, k) =>
        localizationQuantities(name, places[k] ?? null, { note, mask }),
      ),
      ...names.flatMap((name, k) => ownQuantities(name, [first, second][k]!)),
    ],
    maps,
  };
}

function positive(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(0, value));
}

function localizationQuantities(
  name: string,
  place: Localization | null,
  { note, mask }: { readonly note: string; readonly mask: AskedMask | string },
): readonly Quantity[] {
  const why = place ? {} : { note };
  const isBox = typeof mask !== "string" && mask.inside !== undefined;
  const where = isBox ? "the marked box" : "the finding";
  return [
    {
      id: `energy.${name}`,
      label: `Weight on ${where}, ${name}`,
      value: place?.energy ?? NaN,
      unit: "share",
      ...why,
    },
    {
      id: `pointing.${name}`,
      label: `Strongest cell touches ${where}, ${name} (1 yes, 0 no)`,
      value: place ? Number(place.hit) : NaN,
      unit: "",
      ...why,
    },
    {
      id: `area.${name}`,
      label: `Weight an even map would have on it, ${name}`,
      value: place?.area ?? NaN,
      unit: "share",
      ...why,
    },
  ];
}

/** What speaks against the answer is not in the picture's map, so its share is said. */
function ownQuantities(name: string, { values, incompleteness }: Explanation): readonly Quantity[] {
  const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const against = values.reduce((sum, value) => sum + Math.max(0, -value), 0);
  return [
    {
      id: `against.${name}`,
      label: `Weight that speaks against the answer (left out of the map), ${name}`,
      value: total > 0 ? against / total : NaN,
      unit: "share",
      n: values.length,
    },
    ...(incompleteness === undefined
      ? []
      : [
          {
            id: `incompleteness.${name}`,
            label: `How far the map misses the change of the margin, ${name}`,
            value: incompleteness,
            unit: "share",
          },
        ]),
  ];
}

function whereSentence(
  label: string,
  [clean, disturbed]: readonly (Localization | null | undefined)[],
  mask: AskedMask | string,
): string {
  if (typeof mask === "string") return `Where it should point is not known: ${mask}.`;
  if (!clean) return `${label} finds nothing in the clean picture that speaks for its answer.`;
  const percent = (share: number) => `${decimal(100 * share, 0)} %`;
  const after = disturbed ? `, and ${percent(disturbed.energy)} after the disturbance` : "";
  const { finding, inside } = mask;
  const where =
    inside === undefined
      ? `on the ${finding}, which covers`
      : `in what is marked as ${finding} on this film (a box is larger than the finding in it), which covers`;
  const cut =
    inside !== undefined && inside < 0.995
      ? ` Only ${percent(inside)} of the marked area lies in the square that the model is given.`
      : "";
  return `${label} puts ${percent(clean.energy)} of its weight ${where} ${percent(clean.area)} of the picture${after}; its strongest cell ${clean.hit ? "touches" : "misses"} it.${cut}`;
}
