import { apgd } from "./apgd.ts";
import type { AttackMember } from "./attack.ts";
import { deepFool } from "./deepFool.ts";
import { fgsm } from "./fgsm.ts";
import { miFgsm } from "./miFgsm.ts";
import { nes } from "./nes.ts";
import { pgd } from "./pgd.ts";
import { square } from "./square.ts";
import { strong } from "./strong.ts";

export type AttackId =
  "fgsm" | "pgd" | "apgd" | "miFgsm" | "deepFool" | "square" | "nes" | "strong";

/** Every attack by its id, cheapest first. */
export const ATTACKS: Readonly<Record<AttackId, AttackMember>> = {
  fgsm,
  pgd,
  miFgsm,
  apgd,
  deepFool,
  square,
  nes,
  strong,
};
