/** Pictures as unit vectors. */
import { l2Norm } from "../tensor/norms.ts";
import { floatData } from "../tensor/tensor.ts";
import type { Encoder } from "./encoder.ts";

/** Unit-norm embeddings of a batch of pictures. */
export async function embedImages(
  encoder: Encoder,
  images: readonly Float32Array[],
): Promise<Float32Array[]> {
  const { embedding, isFixedBatch } = encoder.parts;
  const embeddings: Float32Array[] = [];
  // No picture is no run: a batch of none is an error of the runtime.
  const batches = isFixedBatch || images.length === 0 ? images.map((image) => [image]) : [images];
  for (const batch of batches) {
    const results = await encoder.run(batch, [embedding]);
    const data = floatData(results[embedding]!, embedding);
    const width = data.length / batch.length;
    for (let i = 0; i < batch.length; i++)
      embeddings.push(unitNorm(encoder, data.slice(i * width, (i + 1) * width)));
  }
  return embeddings;
}

/** A mapped embedding with norm 1; the model's own has it already. */
export function unitNorm({ parts }: Encoder, embedding: Float32Array): Float32Array {
  if (!parts.isMapped) return embedding;
  const norm = l2Norm(embedding);
  return norm > 0 ? embedding.map((value) => value / norm) : embedding;
}
