import type { ModelRole } from "./manifest.ts";

/** The packages that come with the lab, by their folder under models/. */
export const BUNDLED_MODELS = [
  { id: "base", label: "Base model" },
  { id: "noise", label: "Noise-trained model" },
  { id: "robust", label: "Attack-trained model" },
  { id: "fare-2", label: "FARE model, 2/255" },
  { id: "tecoa-2", label: "TeCoA model, 2/255" },
  { id: "noisy-language", label: "Language tuned on noise" },
] as const;

export type BundledModel = (typeof BUNDLED_MODELS)[number]["id"];

/** Pixels a side of the picture that they are given. */
export const BUNDLED_SIZE = 224;

/** Vision-language models that come with the lab in the layout of browser exports; opened as a reader's folder is. */
export const BUNDLED_FOLDERS = [
  { id: "llava-mini", label: "LLaVA mini (5 MB)" },
  { id: "siglip-mini", label: "SigLIP mini (2 MB)" },
  { id: "captioner-mini", label: "Captioner mini (3 MB)" },
] as const;

/** The graphs that come with the lab to be linked to a model, by their folder under models/. */
export const LINK_PACKAGE = "purifier";

/** Low-rank adapters of the base model's answering side. */
export const ADAPTER_PACKAGE = "adapters";

/** Low-rank adapters of the base model's encoder. */
export const ENCODER_ADAPTER_PACKAGE = "encoder-adapters";

/** Learned weights of frequency modules in the base model's encoder. */
export const BANDS_PACKAGE = "frequency";

/** Roles of a package's graphs that the lab opens. */
export const OPENED_ROLES: readonly ModelRole[] = ["vision", "answer"];

/** Forms of the weights that every bundled package has. */
export const BUNDLED_PRECISIONS = ["int8", "int4", "fp16"] as const;

/** Ids of readers' models begin with this; what follows is made of the graph's hash and of how it is fed. */
export const OWN_MODEL_PREFIX = "own-";

export function isOwnModel(id: string): boolean {
  return id.startsWith(OWN_MODEL_PREFIX);
}
