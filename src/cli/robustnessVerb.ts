/** `lab robustness`: how many answers of a bundled model survive the lab's own attacks. */
import { setImmediate } from "node:timers/promises";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { SURVIVAL_ATTACKS, survival, survivalCases } from "../experiment/robustness.ts";
import type { Survival } from "../experiment/robustness.ts";
import { proportion } from "../metrics/proportion.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { bundledManifest } from "./modelFiles.ts";
import { openBundledModel } from "./nodeLab.ts";
import { UsageError, parseCommandLine, wholeNumber } from "./usageError.ts";

const OPTIONS = {
  model: { type: "string", default: defaultSpec().model.id },
  epsilon: { type: "string", default: "2" },
  questions: { type: "string", default: "24" },
  seed: { type: "string", default: "5010000" },
  backend: { type: "string", default: "native" },
} as const;

export async function robustnessVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values } = parseCommandLine({ args: [...args], options: OPTIONS });
  const epsilon = wholeNumber("epsilon", values.epsilon, 1, 16);
  const count = wholeNumber("questions", values.questions, 1, 1000);
  const seed = wholeNumber("seed", values.seed, 0, 2 ** 31);
  const sessions = sessionsNamed(values.backend);
  const manifest = await bundledManifest(values.model);
  if (manifest.answerSpaces["yes-no"] === undefined) {
    throw new UsageError(`The model ${values.model} answers no yes/no questions.`);
  }
  const precision = manifest.defaultPrecision;
  const model = await openBundledModel(values.model, precision, sessions);
  const system = modelSystem(values.model, model, () => setImmediate());
  const results: Survival[] = [];
  for (const asked of survivalCases(count, seed)) {
    const result = await survival(system, asked, epsilon, () => setImmediate());
    results.push(result);
    const { phantom, question, truth } = asked;
    print({ phantom: phantom.seed, question, truth, clean: result.clean, after: result.after });
  }
  const share = (isRight: (result: Survival) => boolean) => {
    const {
      count: right,
      total,
      interval,
    } = proportion(results.filter(isRight).length, results.length);
    return { right, n: total, share: right / total, interval95: interval };
  };
  print({
    model: values.model,
    precision,
    runtime: sessions.runtime,
    norm: "linf",
    epsilon: `${epsilon}/255`,
    firstSeed: seed,
    accuracy: {
      clean: share(({ clean }) => clean),
      ...Object.fromEntries(
        SURVIVAL_ATTACKS.map((_, k) => [attacksUpTo(k), share(({ after }) => after[k]!)]),
      ),
    },
  });
}

/** "PGD-20 and APGD-50 x 2": an answer counts while it is right after each of them. */
function attacksUpTo(last: number): string {
  return SURVIVAL_ATTACKS.slice(0, last + 1)
    .map(({ name }) => name)
    .join(" and ");
}
