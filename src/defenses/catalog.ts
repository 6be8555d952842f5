/** Every defense's name, text and settings, without its algorithm. */
import { plainData } from "../system/plainData.ts";
import { DEFENSES } from "./registry.ts";

export const DEFENSE_CATALOG = plainData(DEFENSES);
