/** Pixel normalisations in use, under the names of the models that use them. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const NORMALIZATIONS = {
  "ImageNet (DINOv2, DeiT, Swin, ConvNeXt, ResNet)": {
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  CLIP: {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
  "half (SigLIP, ViT, BEiT)": { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  none: { mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, Normalization>;

export type NormalizationName = keyof typeof NORMALIZATIONS;
