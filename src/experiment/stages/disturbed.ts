/** The stack on the picture: perturbations and attacks in the reader's order, each on what the ones before have made. */
import { ATTACKS } from "../../attacks/registry.ts";
import {
  applyPerturbation,
  describe,
  itemSlice,
  lengthOf,
  runAttack,
  withEffort,
} from "../disturb.ts";
import type { AttackTarget, Disturbed } from "../disturb.ts";
import { crowdOf } from "../crowd.ts";
import { foreseeing } from "../foresight.ts";
import { lossNaming, objectiveOf } from "../objectiveOf.ts";
import { readOut } from "../readout.ts";
import { regionMask, stampMask } from "../region.ts";
import type { DisturbedItem, DisturbedResult } from "../results.ts";
import { LabError } from "../../errors/labError.ts";
import type { System } from "../../system/system.ts";
import { modelInputOf } from "../source.ts";
import type { AttackItem, CaseSpec, PerturbationItem, StackItem } from "../spec.ts";
import { defineStage, settled } from "../stage.ts";
import type { Held, StageNews, StageRun, StageScope } from "../stage.ts";
import { stageKey } from "../stageCache.ts";
import { writtenTowards } from "../writtenText.ts";
import { keepWarm, warmStart } from "./warmStart.ts";
import type { WarmStart } from "./warmStart.ts";

export type Given = Pick<Held, "model" | "system" | "input" | "clean">;

/** One member of the stack as a pass runs it. */
interface Link {
  readonly item: StackItem;
  /** Names the picture it makes. */
  readonly key: string;
  /** Names what is attacked, by the full run and by its previews alike. */
  readonly alike: unknown;
  readonly warm: WarmStart | undefined;
  readonly before: readonly StackItem[];
  /** Perturbations after it that an attack sees through; none for one that does not. */
  readonly after: readonly PerturbationItem[];
}

export const disturbedStage = defineStage({
  name: "disturbed",
  needs: ["model", "system", "input", "clean"],
  // Which member made what: the picture alone does not tell.
  reads: ({ spec, pass }) =>
    pass === "draft" && !hasAttack(spec.stack)
      ? undefined
      : spec.stack.flatMap(({ id, enabled }) => (enabled ? [id] : [])),
  // The picture: an empty stack leaves the clean one, whatever the question.
  contentKey: (scope) => linksOf(scope).at(-1)?.key ?? scope.keyOf("input"),
  async *run(given, scope): StageRun<DisturbedResult> {
    const links = linksOf(scope);
    // A draft rests on what an attack of the same kind has found before.
    if (scope.pass === "draft" && !links.every(isDraftable)) return undefined;
    let { image } = given.input;
    const items: DisturbedItem[] = [];
    for (const link of links) {
      const made = yield* keptOrMade(link, image, given, scope);
      if (!made) return undefined;
      image = made.image;
      items.push({ ...made.item, id: link.item.id });
    }
    return { image, items };
  },
});

/** What a member has made: from the cache or, where it has left it, made again. */
export async function* keptOrMade(
  link: Link,
  image: Float32Array,
  given: Given,
  scope: Omit<StageScope, "key">,
): AsyncGenerator<StageNews<never>, Disturbed | undefined> {
  const { cache, signal, yieldToHost } = scope.context;
  const memo = stageKey("made", link.key);
  const kept = cache.get<Disturbed>(memo);
  if (kept) return kept;
  await yieldToHost();
  if (signal.aborted) return undefined;
  const made = yield* madeBy(link, image, given, scope);
  if (made) cache.set(memo, made);
  return made;
}

function hasAttack(stack: readonly StackItem[]): boolean {
  return stack.some(({ type, enabled }) => type === "attack" && enabled);
}

function isActive(item: StackItem): item is PerturbationItem {
  return item.type === "perturbation" && item.enabled;
}

function isDraftable({ item, warm }: Link): boolean {
  return item.type === "perturbation" || warm !== undefined;
}

/** The enabled members, each named by what it is and by what its picture rests on. */
export function linksOf({ spec, pass, context, keyOf }: Omit<StageScope, "key">): readonly Link[] {
  let key = keyOf("input");
  return spec.stack.flatMap((item, index): Link[] => {
    if (!item.enabled) return [];
    const before = spec.stack.slice(0, index);
    if (item.type === "perturbation") {
      key = stageKey("item", itemSlice(item), [key]);
      return [{ item, key, alike: undefined, warm: undefined, before, after: [] }];
    }
    // An attack also reads the system it attacks and what that says of the clean picture.
    const after = item.foresees ? spec.stack.slice(index + 1).filter(isActive) : [];
    const foreseen = after.map(itemSlice);
    const isUnaware = item.knowledge === "unaware";
    // A preview lowers defenses, and so the system's key: what a full run has found is where a drag begins all the same.
    const { question, defenses } = spec;
    const alike = [key, keyOf("model"), question, isUnaware || defenses, foreseen];
    const ground = [key, keyOf("clean"), keyOf(isUnaware ? "model" : "system")];
    const warm = pass === "full" ? undefined : warmStart(context.cache, item, alike);
    const run = withEffort(item, pass);
    const how = { draft: pass === "draft", warm: warm?.key };
    key = stageKey("item", [itemSlice(run), foreseen, pass === "full" ? null : how], ground);
    return [{ item: run, key, alike, warm, before, after }];
  });
}

function madeBy(
  link: Link,
  image: Float32Array,
  given: Given,
  scope: Omit<StageScope, "key">,
): AsyncGenerator<StageNews<never>, Disturbed | undefined> {
  const { item, warm } = link;
  if (item.type === "perturbation") {
    return settled(applyPerturbation(image, given.input.size, item));
  }
  if (scope.pass === "draft" && warm) return settled(draftOf(item, image, warm));
  return attacked({ ...link, item }, image, given, scope);
}

/** What was found before, scaled into this ball: no pass through the model is spent on it. */
function draftOf(item: AttackItem, image: Float32Array, warm: WarmStart): Disturbed {
  const start = warm.scaledInto(image, item);
  return { image: start, item: describe(item.id, ATTACKS[item.attack].label, image, start) };
}

async function* attacked(
  { item, key, warm, before, after, alike }: Link & { readonly item: AttackItem },
  image: Float32Array,
  given: Given,
  scope: Omit<StageScope, "key">,
): AsyncGenerator<StageNews<never>, Disturbed | undefined> {
  const { context } = scope;
  const aimed = await targetOf(item, before, given, scope);
  const isForMany = ATTACKS[item.attack].settings.includes("phantoms");
  const crowd = isForMany ? await crowdOf(item, aimed, scope) : undefined;
  if (isForMany && !crowd) return undefined;
  const target = {
    ...foreseeing(aimed, after, given.input.size),
    crowd,
    isOneWay: scope.pass !== "full",
  };
  const mask = item.stamp
    ? stampMask(item.stamp, given.input.size)
    : regionMask(item.region, given.input, before);
  const run = runAttack(
    target,
    { image, mask, start: warm?.scaledInto(image, item) },
    item,
    context,
  );
  const { access, label } = ATTACKS[item.attack];
  const { updates, restarts } = lengthOf(item, target);
  for (;;) {
    const step = await run.next();
    if (step.done) {
      if (step.value) keepWarm(context.cache, item, alike, { image, made: step.value.image, key });
      return step.value;
    }
    const { step: at, restart, loss, bestLoss, adversarial } = step.value;
    const said = { itemId: item.id, step: at, loss, bestLoss, image: adversarial };
    yield {
      progress: {
        done: restart * (updates + 1) + at,
        total: restarts * (updates + 1) - 1,
        label: `${label} ${access === "query" ? "query" : "step"} ${at} of ${updates}`,
        attack: { ...said, ...lossNaming(target.objective) },
      },
    };
  }
}

/** Whom the attack is against: all that stands there, or the bare model where it does not know of the defenses. */
export async function targetOf(
  { goal, knowledge }: AttackItem,
  before: readonly StackItem[],
  { model, system, input, clean: said }: Given,
  { spec: { question, window }, context }: Omit<StageScope, "key">,
): Promise<AttackTarget> {
  const attacked = knowledge === "unaware" ? model : system;
  // Where nothing stands in front of the model there is nothing not to know of.
  const aware = attacked === system;
  const clean = attacked === system ? said : await readOut(model, input.image, question);
  if (goal.kind === "writtenText") {
    const { text } = goal;
    return { ...(await writtenTowards(attacked, { question, text }, context)), aware };
  }
  if (goal.kind === "attention") {
    const mask = regionMask(goal.mask, input, before, "goal")!;
    const objective = objectiveOf(attacked, goal, { question, clean, mask });
    return { system: attacked, objective, aware };
  }
  const picture = (wanted: CaseSpec) =>
    modelInputOf(wanted, window, model.manifest.input, context.radiograph).image;
  const second =
    goal.kind === "featureTowards"
      ? (await attacked.embed([picture(goal.case)]))[0]!
      : goal.kind === "featureText"
        ? await sentenceOf(attacked, goal.text)
        : undefined;
  const reference = { question, clean, ...(second ? { second } : {}) };
  return { system: attacked, objective: objectiveOf(attacked, goal, reference), aware };
}

/** @throws LabError "spec-invalid" where sentences have no place beside the features that are attacked */
async function sentenceOf(
  { embedText, manifest }: System,
  sentence: string,
): Promise<Float32Array> {
  if (embedText) return (await embedText([sentence]))[0]!;
  throw new LabError(
    "spec-invalid",
    `The features of ${manifest.name} can't be moved towards a sentence: it has no text encoder beside them, or several models answer as one.`,
    { hint: "Move them towards a second picture instead." },
  );
}
