/** Every instrument's name, text and settings, without its algorithm. */
import { plainData } from "../../system/plainData.ts";
import { INSTRUMENTS } from "./registry.ts";

export const INSTRUMENT_CATALOG = plainData(INSTRUMENTS);
