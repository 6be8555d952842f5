/** Where slow changes end and fast ones begin, of whatever splits the encoder's tokens by frequency. */
import type { ParamMeta } from "./param.ts";

export const tokenCutOff: ParamMeta = {
  label: "Token cut-off",
  unit: "periods",
  min: 0,
  max: 11,
  step: 1,
  default: 3,
  integer: true,
  help: "Up to how many periods across the picture a change counts as slow. 0 is the mean of all tokens alone.",
};
