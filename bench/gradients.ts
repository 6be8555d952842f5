/** What a gradient costs beside a forward pass, and what the attack loop costs beside its graph runs. */
import { pgd } from "../src/attacks/pgd.ts";
import type { AnswerObjective } from "../src/model/objective.ts";
import type { VisionLanguageModel } from "../src/model/visionLanguageModel.ts";
import type { GraphSession, SessionFactory } from "../src/graphs/session.ts";
import { median } from "./statistics.ts";

export interface GradientMeasurements {
  /** Encoder and answering head, one image. */
  readonly forwardMs: number;
  /** Loss and its gradient, one image. */
  readonly gradientMs: number;
  readonly gradientOverForward: number;
  /** Ten steps of PGD: everything, over what its graph runs alone took. */
  readonly pgd10Ms: number;
  readonly pgdOverRuns: number;
}

const WARM_UP = 3;
const REPEATS = 15;
const ATTACKS = 7;

/** A factory whose sessions add up the time spent inside their runs. */
export function timedSessions(factory: SessionFactory): SessionFactory & { spentMs: number } {
  const timed = {
    backend: factory.backend,
    spentMs: 0,
    async create(...args: Parameters<SessionFactory["create"]>): Promise<GraphSession> {
      const session = await factory.create(...args);
      return {
        ...session,
        async run(feeds, outputs) {
          const started = performance.now();
          const results = await session.run(feeds, outputs);
          timed.spentMs += performance.now() - started;
          return results;
        },
      };
    },
  };
  return timed;
}

async function medianTime(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + REPEATS; i++) {
    const started = performance.now();
    await work();
    if (i >= WARM_UP) times.push(performance.now() - started);
  }
  return median(times);
}

export async function measureGradients(
  model: VisionLanguageModel,
  sessions: { readonly spentMs: number },
  image: Float32Array,
  request: AnswerObjective,
): Promise<GradientMeasurements> {
  const { tokens } = await model.encode(image);
  const vision = await medianTime(() => model.embed([image]));
  const answer = await medianTime(() => model.answer(tokens, request.promptIds));
  const forwardMs = vision + answer;
  const gradientMs = await medianTime(() => model.lossGradient(image, request));

  const totals: number[] = [];
  const ratios: number[] = [];
  for (let seed = 0; seed < ATTACKS; seed++) {
    const spentBefore = sessions.spentMs;
    const started = performance.now();
    const run = pgd.run(
      {
        loss: (x) => model.loss(x, request),
        lossAndGradient: (x) => model.lossGradient(x, request),
      },
      image,
      {
        norm: "linf",
        epsilon: 2 / 255,
        steps: 10,
        stepSize: 0.5 / 255,
        restarts: 1,
        seed,
        randomStart: true,
      },
      {
        signal: { aborted: false },
        yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
      },
    );
    while (!(await run.next()).done);
    const total = performance.now() - started;
    totals.push(total);
    ratios.push(total / (sessions.spentMs - spentBefore));
  }
  return {
    forwardMs,
    gradientMs,
    gradientOverForward: gradientMs / forwardMs,
    pgd10Ms: median(totals),
    pgdOverRuns: median(ratios),
  };
}
