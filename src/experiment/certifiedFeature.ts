/** The certified feature in words. */
import type { CertifiedFeature } from "./spec.ts";

/** The name of the vector whose cosine is bounded. */
export const VECTOR: Readonly<Record<CertifiedFeature, string>> = {
  tokens: "all image tokens",
  embedding: "the pooled embedding",
};

/** Said beside a number that is one of these vectors'. */
export const OF_FEATURE: Readonly<Record<CertifiedFeature, string>> = {
  tokens: "The features are all image tokens as one vector, which the answer is read from.",
  embedding: "The features are the pooled embedding, which no answer in words is read from.",
};
