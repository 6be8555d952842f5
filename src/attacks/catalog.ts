/** Every attack's name, text and settings, without its algorithm. */
import { plainData } from "../system/plainData.ts";
import type { PlainData } from "../system/plainData.ts";
import type { AttackMember } from "./attack.ts";
import { ATTACKS } from "./registry.ts";
import type { AttackId } from "./registry.ts";

export type { AttackId } from "./registry.ts";

export const ATTACK_CATALOG = plainData(ATTACKS) as Readonly<
  Record<AttackId, PlainData<AttackMember>>
>;
