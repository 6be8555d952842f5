/** Forms that a model's weights can have; of a reader's file the one it has. */
export const PRECISIONS = ["fp32", "fp16", "int8", "int4"] as const;
