import type { Instrument } from "./instrument.ts";
import { linearHypothesis } from "./linearHypothesis.ts";

/** Every instrument by its id. */
export const INSTRUMENTS: Readonly<Record<string, Instrument>> = {
  linearHypothesis,
};
