/** How far the picture's tokens lie from those of phantoms as the model was trained on, at every stage of the encoder. */
import { proportion } from "../../metrics/proportion.ts";
import { referenceSet, rowMean } from "../../metrics/representation.ts";
import type { ReferenceSet } from "../../metrics/representation.ts";
import type { InnerModel, InnerSite } from "../../model/innerModel.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { sampleSpec } from "../../phantom/sample.ts";
import { snapToByteLattice } from "../../image/grayImage.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { BARE, noInside, orObstacle, promptOf } from "../insideOf.ts";
import { stageKey } from "../stageCache.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import { proportionQuantity } from "./proportionQuantity.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";
import type { StageNews } from "../stage.ts";
import { decimal } from "../../numerics/decimalText.ts";

const NEIGHBOR = 5;

/** Of one stage: what distances are measured to, and those of phantoms that it was not made from, sorted. */
interface StageReference {
  readonly set: ReferenceSet;
  readonly mahalanobis: readonly number[];
  readonly nearest: readonly number[];
}

/** A picture at one stage: its distances, and the share of reference pictures that lie nearer. */
interface Placed {
  readonly mahalanobis: number;
  readonly nearest: number;
  readonly further: number;
}

export const tokenDistance = defineInstrument({
  id: "tokenDistance",
  label: "Is this picture like those the model knows?",
  group: "stages",
  help: "Measures how far the picture's tokens lie from those of random phantoms, drawn as for training, at every stage of the encoder, and says which share of phantoms lies nearer. Far from all of them the model answers without experience; near them it can still be wrong, and a real film is far from every phantom.",
  source:
    "Mahalanobis distance: Lee et al. 2018 (arXiv:1807.03888), covariance shrunk by Ledoit & Wolf 2004; distance to the 5th nearest: Sun et al. 2022 (arXiv:2204.06507); of tokens averaged over the picture",
  params: {
    references: {
      label: "Phantoms",
      unit: "",
      min: 30,
      max: 600,
      step: 30,
      default: 90,
      integer: true,
      help: "Random phantoms that the model looks at first, once for each model: two thirds make the reference, one third says how far a picture of the same kind lies from it.",
    },
  },
  needs: ["model", "input", "disturbed"],
  obstacle: ({ model }) => noInside(model),
  async *run({ model, input, disturbed }, scope) {
    const { spec, params, seed, context } = scope;
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const sites = await orObstacle(() => inner.innerSites());
    if (typeof sites === "string") return obstructed(sites);
    const streams = sites.filter(({ part, role }) => part === "encoder" && role === "stream");
    const promptIds = promptOf(model, spec.question);
    const see = async (image: Float32Array) => {
      await context.yieldToHost();
      const read = streams.map(({ id }) => id);
      const { states } = await inner.innerRun({ image, promptIds, read });
      return streams.map(({ id, shape }) => rowMean(states[id]!, shape.at(-1)!));
    };
    const { references = 90 } = params;
    const key = stageKey("token references", [model.key, references, seed]);
    const known = context.cache.get<readonly StageReference[]>(key);
    const made = known ?? (yield* referencesOf(inner, see, references, scope));
    if (!made) return undefined;
    context.cache.set(key, made);
    const [clean, moved] = [await see(input.image), await see(disturbed.image)];
    streams.forEach((_, k) =>
      recordRows(context, `instrument.tokenDistance.pictures.${k}`, [clean[k]!, moved[k]!]),
    );
    const place = (vectors: readonly Float32Array[]) =>
      vectors.map((vector, k) => placed(made[k]!, vector));
    return resultOf(streams, place(clean), place(moved), references);
  },
});

function obstructed(obstacle: string): InstrumentResult {
  return { statement: obstacle, quantities: [], obstacle };
}

async function* referencesOf(
  { manifest }: InnerModel,
  see: (image: Float32Array) => Promise<readonly Float32Array[]>,
  count: number,
  { seed, context }: InstrumentScope,
): AsyncGenerator<StageNews<never>, readonly StageReference[] | undefined> {
  const seen: (readonly Float32Array[])[] = [];
  for (let k = 0; k < count; k++) {
    if (context.signal.aborted) return undefined;
    yield { progress: { done: k, total: count, label: "Looking at reference phantoms" } };
    await context.yieldToHost();
    // Seeds of their own: no case of the gallery is among them.
    const { image } = renderPhantom(sampleSpec(1_000_000 + 1000 * seed + k), manifest.input.size);
    const picture = image.slice();
    snapToByteLattice(picture);
    seen.push(await see(picture));
  }
  const fitted = Math.round((2 * count) / 3);
  return seen[0]!.map((_, stage) => {
    const vectors = seen.map((each) => each[stage]!);
    const set = referenceSet(vectors.slice(0, fitted));
    const held = vectors.slice(fitted);
    recordRows(context, `instrument.tokenDistance.reference.${stage}`, vectors.slice(0, fitted));
    recordRows(context, `instrument.tokenDistance.held.${stage}`, held);
    const sorted = (distances: number[]) => distances.sort((a, b) => a - b);
    return {
      set,
      mahalanobis: sorted(held.map((vector) => set.mahalanobis(vector))),
      nearest: sorted(held.map((vector) => set.nearest(vector, NEIGHBOR))),
    };
  });
}

function placed({ set, mahalanobis }: StageReference, vector: Float32Array): Placed {
  const distance = set.mahalanobis(vector);
  return {
    mahalanobis: distance,
    nearest: set.nearest(vector, NEIGHBOR),
    further: mahalanobis.filter((each) => each < distance).length / mahalanobis.length,
  };
}

function resultOf(
  sites: readonly InnerSite[],
  clean: readonly Placed[],
  moved: readonly Placed[],
  references: number,
): InstrumentResult {
  const held = references - Math.round((2 * references) / 3);
  const [a, b] = [clean.at(-1)!, moved.at(-1)!];
  const percent = ({ further }: Placed) => `${decimal(100 * further, 0)} %`;
  const x = Float64Array.from(sites, (_, k) => k + 1);
  const quantity = (id: string, label: string, value: number, unit: string): Quantity => ({
    id,
    label,
    value,
    unit,
    n: held,
  });
  const nearer = (id: string, label: string, { further }: Placed): Quantity =>
    proportionQuantity(id, label, proportion(Math.round(further * held), held));
  const shares = (places: readonly Placed[]) =>
    Float64Array.from(places, ({ further }) => 100 * further);
  return {
    statement: `At the last stage before the answering side the clean picture lies further out than ${percent(a)} of ${held} phantoms that the reference was not made from, the disturbed one further than ${percent(b)} (Mahalanobis ${decimal(a.mahalanobis, 1)} and ${decimal(b.mahalanobis, 1)}). ${BARE}`,
    quantities: [
      nearer("further.clean", "Phantoms that lie nearer, clean", a),
      nearer("further.disturbed", "Phantoms that lie nearer, disturbed", b),
      quantity("mahalanobis.clean", "Mahalanobis distance, clean", a.mahalanobis, ""),
      quantity("mahalanobis.disturbed", "Mahalanobis distance, disturbed", b.mahalanobis, ""),
      quantity(
        "nearest.clean",
        "Distance to the 5th nearest, directions only, clean",
        a.nearest,
        "",
      ),
      quantity(
        "nearest.disturbed",
        "Distance to the 5th nearest, directions only, disturbed",
        b.nearest,
        "",
      ),
    ],
    plots: [
      {
        kind: "lines",
        id: "nearer",
        title: "How unusual the picture is, stage by stage",
        x: { label: "Stage, in order", unit: "" },
        y: { label: "Phantoms that lie nearer", unit: "%" },
        series: [
          { name: "clean", x, y: shares(clean) },
          { name: "disturbed", x, y: shares(moved) },
        ],
      },
      {
        kind: "lines",
        id: "distance",
        title: "Distance at every stage of the encoder",
        x: { label: "Stage, in order", unit: "" },
        y: { label: "Mahalanobis distance of the mean token", unit: "" },
        series: [
          { name: "clean", x, y: Float64Array.from(clean, (each) => each.mahalanobis) },
          { name: "disturbed", x, y: Float64Array.from(moved, (each) => each.mahalanobis) },
        ],
      },
    ],
    tables: [
      {
        id: "stages",
        title: "Every stage",
        columns: [
          "Stage",
          "Clean",
          "Phantoms nearer, %",
          "Disturbed",
          "Phantoms nearer (disturbed), %",
          "5th nearest, clean",
          "5th nearest, disturbed",
        ],
        rows: sites.map(({ label }, k) => {
          const [own, other] = [clean[k]!, moved[k]!];
          return [
            label,
            own.mahalanobis,
            100 * own.further,
            other.mahalanobis,
            100 * other.further,
            own.nearest,
            other.nearest,
          ];
        }),
      },
    ],
  };
}
