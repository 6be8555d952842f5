import { apgd } from "./apgd.ts";
import type { AttackMember } from "./attack.ts";
import { fgsm } from "./fgsm.ts";
import { miFgsm } from "./miFgsm.ts";
import { pgd } from "./pgd.ts";
import { square } from "./square.ts";

export type AttackId = "fgsm" | "pgd" | "apgd" | "miFgsm" | "square";

/** Every attack by its id, cheapest first. */
export const ATTACKS: Readonly<Record<AttackId, AttackMember>> = {
  fgsm,
  pgd,
  miFgsm,
  apgd,
  square,
};
