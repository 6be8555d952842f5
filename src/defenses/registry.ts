import type { Defense } from "./defense.ts";
import { gaussianFilter } from "./gaussianFilter.ts";
import { mapper, purifier } from "./linked.ts";

/** Every defense by its id. */
export const DEFENSES: Readonly<Record<string, Defense>> = {
  gaussianFilter,
  purifier,
  mapper,
};
