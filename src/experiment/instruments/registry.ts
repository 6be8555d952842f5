import { explanationInstrument } from "../explain/explanationInstrument.ts";
import { EXPLAINERS } from "../explain/explainers.ts";
import { faithfulness } from "./faithfulness.ts";
import type { Instrument } from "./instrument.ts";
import { linearHypothesis } from "./linearHypothesis.ts";
import { weightRandomization } from "./weightRandomization.ts";

const explanations = EXPLAINERS.map((explainer) => [
  explainer.id,
  explanationInstrument(explainer),
]);

/** Every instrument by its id. */
export const INSTRUMENTS: Readonly<Record<string, Instrument>> = {
  linearHypothesis,
  ...Object.fromEntries(explanations),
  faithfulness,
  weightRandomization,
};
