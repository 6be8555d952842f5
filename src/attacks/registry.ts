import { apgd } from "./apgd.ts";
import { carliniWagner } from "./carliniWagner.ts";
import type { AttackMember } from "./attack.ts";
import { deepFool } from "./deepFool.ts";
import { fab } from "./fab.ts";
import { fgsm } from "./fgsm.ts";
import { miFgsm } from "./miFgsm.ts";
import { nes } from "./nes.ts";
import { patch } from "./patch.ts";
import { pgd } from "./pgd.ts";
import { square } from "./square.ts";
import { strong } from "./strong.ts";
import { attentionPatch, universalPatch, universalPerturbation } from "./universal.ts";

/** Every attack by its id, cheapest first. */
const MEMBERS = {
  fgsm,
  pgd,
  miFgsm,
  apgd,
  deepFool,
  fab,
  carliniWagner,
  square,
  nes,
  strong,
  patch,
  universalPatch,
  attentionPatch,
  universalPerturbation,
} as const satisfies Readonly<Record<string, AttackMember>>;

export type AttackId = keyof typeof MEMBERS;

export const ATTACKS: Readonly<Record<AttackId, AttackMember>> = MEMBERS;
