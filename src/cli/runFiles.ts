/** What a run makes beside numbers, as files: pictures, embeddings and maps. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import type { Readout, StageResults } from "../experiment/results.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { writeNpy } from "./npy.ts";
import { writePng } from "./png.ts";

/**
 * Writes into `folder`: the model's clean and disturbed picture as 8-bit PNG, exactly what it was given; masks of a
 * phantom's findings; and as float32 .npy both embeddings [E], attention maps [heads, rows, columns], rollouts and
 * relevance maps [rows, columns].
 * @returns the paths, in the order they were written. @throws LabError "not-found" when a file can't be written
 */
export async function writeRunFiles(
  folder: string,
  results: Partial<StageResults>,
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
  const picture = (name: string, image: Float32Array, size: number) =>
    writePng(target(`${name}.png`), image, size);
  const array = (name: string, data: Float32Array, shape: readonly number[]) =>
    writeNpy(target(`${name}.npy`), floatTensor(data, shape));

  const { input, clean, disturbed, readout, relevance } = results;
  if (input) {
    await picture("clean", input.image, input.size);
    if (disturbed) await picture("disturbed", disturbed.image, input.size);
    for (const [kind, mask] of Object.entries(input.truth?.masks ?? {})) {
      await picture(`mask.${kind}`, mask, input.size);
    }
  }
  const readouts: readonly (readonly [string, Readout | undefined])[] = [
    ["clean", clean],
    ["disturbed", readout],
  ];
  for (const [name, read] of readouts) {
    if (!read) continue;
    await array(`embedding.${name}`, read.embedding, [read.embedding.length]);
    if (read.rollout.length > 0) await array(`rollout.${name}`, read.rollout, read.grid);
    for (const { kind, layer, heads, grid, maps } of read.attention) {
      await array(`attention.${name}.${kind}-${layer}`, maps, [heads, ...grid]);
    }
  }
  if (relevance && "clean" in relevance && clean) {
    await array("relevance.clean", relevance.clean, clean.grid);
    await array("relevance.disturbed", relevance.disturbed, clean.grid);
  }
  return written;
}
