/** What stands where a part of a picture is taken away. Rankings of methods depend on it, so it is always said. */
import type { Substrate } from "../../metrics/deletionInsertion.ts";
import type { ParamMeta } from "../../system/param.ts";

export const SUBSTRATES: readonly Substrate[] = ["black", "mean", "blur"];

export const SUBSTRATE_WORDS: Readonly<Record<Substrate, string>> = {
  black: "black",
  mean: "the picture's mean grey",
  blur: "the picture blurred",
};

/** Mean grey unless chosen: on three findings occlusion by it met the finding each time, by blur and by black twice. */
export function substrateParam(help: string): ParamMeta {
  return {
    label: "Replaced by",
    unit: "",
    min: 0,
    max: 2,
    step: 1,
    default: 1,
    integer: true,
    choices: [0, 1, 2],
    help,
    choiceNames: SUBSTRATES.map((each) => SUBSTRATE_WORDS[each]),
  };
}
