/**
 * How many answers survive the lab's own attacks, on the graph that answers readers. Accuracy under one attack is an upper
 * bound on robust accuracy: another attack may flip more, so every number is named by the attacks behind it.
 */
import { plainQuestions } from "../language/questionBank.ts";
import { randomStream } from "../numerics/random.ts";
import { sampleSpec } from "../phantom/sample.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import type { FindingKind, PhantomSpec } from "../phantom/spec.ts";
import type { System } from "../system/system.ts";
import { runAttack } from "./disturb.ts";
import { objectiveOf } from "./objectiveOf.ts";
import { readOut } from "./readout.ts";
import { modelInputOf } from "./source.ts";
import type { AttackItem } from "./spec.ts";

/** One yes/no question about a phantom, with its true answer. */
export interface SurvivalCase {
  readonly phantom: PhantomSpec;
  readonly finding: FindingKind;
  readonly question: string;
  readonly truth: "yes" | "no";
}

export interface Survival {
  readonly case: SurvivalCase;
  /** Whether the clean answer is right. */
  readonly clean: boolean;
  /** By attack in the order they ran: right after this attack and all before it. */
  readonly after: readonly boolean[];
}

type Effort = Pick<AttackItem, "attack" | "steps" | "relativeStep" | "restarts">;

/** The attacks of the models' cards, then a stronger one for what survives. */
export const SURVIVAL_ATTACKS: readonly { readonly name: string; readonly item: Effort }[] = [
  { name: "PGD-20", item: { attack: "pgd", steps: 20, relativeStep: 0.125, restarts: 1 } },
  { name: "APGD-50 x 2", item: { attack: "apgd", steps: 50, restarts: 2 } },
];

/** `count` questions in the plain wording, about random phantoms in turn: on what they have and on what they have not. */
export function survivalCases(count: number, firstSeed: number): readonly SurvivalCase[] {
  const cases: SurvivalCase[] = [];
  for (let seed = firstSeed; cases.length < count; seed++) {
    const phantom = sampleSpec(seed);
    const present = new Set(phantom.findings.map(({ kind }) => kind));
    const truth = cases.length % 2 === 0 ? "yes" : "no";
    const kinds = FINDING_KINDS.filter((kind) => present.has(kind) === (truth === "yes"));
    if (kinds.length === 0) continue;
    const finding = kinds[randomStream(seed, "survival").integer(kinds.length)]!;
    const asked = plainQuestions().find((q) => q.type === "presence" && q.findingId === finding);
    if (asked) cases.push({ phantom, finding, question: asked.text, truth });
  }
  return cases;
}

/** @param epsilon linf, in 255ths. */
export async function survival(
  system: System,
  asked: SurvivalCase,
  epsilon: number,
  yieldToHost: () => Promise<void>,
): Promise<Survival> {
  const { phantom, question, truth } = asked;
  const source = { kind: "phantom", phantom } as const;
  const { image } = modelInputOf(source, { kind: "full" }, system.manifest.input, () => undefined);
  const said = await readOut(system, image, question);
  const clean = said.answer?.corrected === truth;
  const objective = objectiveOf(system, { kind: "untargeted" }, { question, clean: said });
  const target = { system, objective, aware: true };
  const after: boolean[] = [];
  let isRight = clean;
  for (const { item } of SURVIVAL_ATTACKS) {
    if (isRight) {
      // A flip settles it: the rest of the attack is not run.
      const signal = { aborted: false };
      const attack: AttackItem = { ...COMMON, ...item, epsilon };
      const context = { signal, yieldToHost };
      for await (const { bestLoss } of runAttack(target, { image }, attack, context)) {
        if (bestLoss <= 0) continue;
        isRight = false;
        signal.aborted = true;
      }
    }
    after.push(isRight);
  }
  return { case: asked, clean, after };
}

const COMMON = {
  id: "survival",
  type: "attack",
  enabled: true,
  seed: 1,
  norm: "linf",
  goal: { kind: "untargeted" },
} as const;
