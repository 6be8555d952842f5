/** What the stack has made on its way, once more, for measurements that look at it: fetched with them. */
import type { AttackIterate } from "../../attacks/attack.ts";
import { runAttack } from "../disturb.ts";
import type { Disturbed } from "../disturb.ts";
import { regionMask } from "../region.ts";
import type { AttackItem } from "../spec.ts";
import type { StageScope } from "../stage.ts";
import { keptOrMade, linksOf, targetOf } from "./disturbed.ts";
import type { Given } from "./disturbed.ts";

/** The picture after each of the first `count` enabled members: from the cache or, where one has left it, made again. Undefined when stopped. */
export async function picturesOf(
  given: Given,
  scope: Omit<StageScope, "key">,
  count = Infinity,
): Promise<readonly Float32Array[] | undefined> {
  const pictures: Float32Array[] = [];
  for (const link of linksOf(scope).slice(0, count)) {
    const run = keptOrMade(link, pictures.at(-1) ?? given.input.image, given, scope);
    let step = await run.next();
    while (!step.done) step = await run.next();
    if (!step.value) return undefined;
    pictures.push(step.value.image);
  }
  return pictures;
}

/** The last attack of a full pass, to be made again step by step as it was made. */
export interface AttackAgain {
  readonly item: AttackItem;
  /** Members that work on what the attack has made. */
  readonly after: number;
  run(): AsyncGenerator<AttackIterate, Disturbed | undefined>;
}

/** Undefined where no attack is on, or when stopped. */
export async function lastAttack(
  given: Given,
  scope: Omit<StageScope, "key">,
): Promise<AttackAgain | undefined> {
  const links = linksOf(scope);
  const at = links.findLastIndex(({ item }) => item.type === "attack");
  const item = links[at]?.item;
  if (item?.type !== "attack") return undefined;
  const ground = await picturesOf(given, scope, at);
  if (!ground) return undefined;
  const image = ground.at(-1) ?? given.input.image;
  const { before } = links[at]!;
  const target = await targetOf(item, before, given, scope);
  const mask = regionMask(item.region, given.input, before);
  return {
    item,
    after: links.length - 1 - at,
    run: () => runAttack(target, { image, mask }, item, scope.context),
  };
}
