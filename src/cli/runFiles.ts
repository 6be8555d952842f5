/** What a run makes beside numbers, as files: pictures, features and maps, and every figure's own values. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import type {
  FrameSequence,
  InstrumentResult,
} from "../experiment/instruments/instrumentResult.ts";
import type { Readout, StageResults } from "../experiment/results.ts";
import { floatTensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { writeNpy } from "./npy.ts";
import { writePng } from "./png.ts";

/**
 * Writes into `folder`: the model's clean and disturbed picture, exactly what it was given, as 8-bit PNG and as float32
 * .npy [rows, columns]; masks of a phantom's findings (PNG); and as .npy both embeddings [E], attention maps [heads, rows,
 * columns], rollouts and relevance maps [rows, columns]; the certificate's curve [3, points], and that of the model beside it; of every instrument its maps
 * [rows, columns] and plots (lines [2 or 4, points]: x, y, low, high; grids [rows, columns]); and what the stages recorded
 * on their way, such as the certificate's noisy features [n, E] (of all image tokens: cosine and sine to the clean ones [n, 2],
 * and in certificate.features those of the clean picture and of the first 64 copies [65, E]), inner states [tokens, D] by stage, votes [n, wordings], and
 * members' probabilities [n, answers].
 * @returns the paths, in the order they were written. @throws LabError "not-found" when a file can't be written
 */
export async function writeRunFiles(
  folder: string,
  results: Partial<StageResults>,
  recorded: ReadonlyMap<string, Tensor>,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new LabError("not-found", `The folder ${folder} can't be made (${cause.code}).`, {
      cause,
    });
  });
  const written: string[] = [];
  const target = (name: string): string => {
    const file = path.join(folder, name);
    written.push(file);
    return file;
  };
  const { input, disturbed } = results;
  if (input) {
    const { size } = input;
    await writePng(target("clean.png"), input.image, size);
    if (disturbed) await writePng(target("disturbed.png"), disturbed.image, size);
    for (const [kind, mask] of Object.entries(input.truth?.masks ?? {})) {
      await writePng(target(`mask.${kind}.png`), mask, size);
    }
  }
  for (const [name, tensor] of [...arraysOf(results), ...recorded]) {
    await writeNpy(target(`${name}.npy`), tensor);
  }
  return written;
}

type Named = readonly [name: string, tensor: Tensor];

function arraysOf(results: Partial<StageResults>): readonly Named[] {
  const { input, clean, disturbed, readout, relevance, certificate, beside } = results;
  const side = input?.size ?? 0;
  return [
    ...(input ? [named("picture.clean", input.image, [side, side])] : []),
    ...(disturbed ? [named("picture.disturbed", disturbed.image, [side, side])] : []),
    ...(clean ? readoutArrays("clean", clean) : []),
    ...(readout ? readoutArrays("disturbed", readout) : []),
    ...(relevance && "clean" in relevance && clean
      ? [
          named("relevance.clean", relevance.clean, clean.grid),
          named("relevance.disturbed", relevance.disturbed, clean.grid),
        ]
      : []),
    ...(certificate ? [curveOf("certificate", certificate.curve)] : []),
    ...(beside && "certificate" in beside ? [curveOf("beside", beside.certificate.curve)] : []),
    ...Object.entries(results).flatMap(([stage, result]) =>
      stage.startsWith("instrument:")
        ? instrumentArrays(stage.replace(":", "."), result as InstrumentResult)
        : [],
    ),
  ];
}

function named(name: string, data: Float32Array, shape: readonly number[]): Named {
  return [name, floatTensor(data, shape)];
}

function readoutArrays(picture: string, read: Readout): readonly Named[] {
  return [
    named(`embedding.${picture}`, read.embedding, [read.embedding.length]),
    ...(read.rollout.length > 0 ? [named(`rollout.${picture}`, read.rollout, read.grid)] : []),
    ...read.attention.map(({ kind, layer, heads, grid, maps }) =>
      named(`attention.${picture}.${kind}-${layer}`, maps, [heads, ...grid]),
    ),
  ];
}

/** Radius, bound to the clean feature, bound to its smoothed one. */
function curveOf(stage: string, curve: StageResults["certificate"]["curve"]): Named {
  const { radius, toClean, toSmoothedClean } = curve;
  const data = Float32Array.from([...radius, ...toClean, ...toSmoothedClean]);
  return named(`${stage}.curve`, data, [3, radius.length]);
}

function instrumentArrays(
  prefix: string,
  { maps, plots, frames }: InstrumentResult,
): readonly Named[] {
  return [
    ...(frames ? frameArrays(prefix, frames) : []),
    ...(maps ?? []).map(({ id, data, grid }) => named(`${prefix}.map.${id}`, data, grid)),
    ...(plots ?? []).flatMap((plot): Named[] => {
      if (plot.kind === "heat") {
        const shape = [plot.rows.length, plot.columns.length];
        return [[`${prefix}.plot.${plot.id}`, { dtype: "float64", shape, data: plot.values }]];
      }
      return plot.series.map(({ x, y, low, high }, k) => {
        const lists = [x, y, ...(low && high ? [low, high] : [])];
        const data = Float64Array.from(lists.flatMap((list) => [...list]));
        return [
          `${prefix}.plot.${plot.id}.${k}`,
          { dtype: "float64", shape: [lists.length, x.length], data },
        ];
      });
    }),
  ];
}

/** A cine's pictures [frames, rows, columns] as bytes, and its attention [frames, rows, columns]. */
function frameArrays(
  prefix: string,
  { size, pictures, attention, frames }: FrameSequence,
): Named[] {
  const shape = [frames.length, size, size];
  return [
    [`${prefix}.frames`, { dtype: "uint8", shape, data: pictures }],
    ...(attention
      ? [named(`${prefix}.attention`, attention.maps, [frames.length, ...attention.grid])]
      : []),
  ];
}
