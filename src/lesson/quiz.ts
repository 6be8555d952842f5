/**
 * The blind quiz: two pictures of one film, and one of them was attacked. What an eye can tell is scored against how large the change was
 * and whether it turned the model's answer. Nothing of it leaves the tab.
 */
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { AttackItem, CaseSpec, ExperimentSpec } from "../experiment/spec.ts";
import { clopperPearsonLower, clopperPearsonUpper } from "../numerics/binomial.ts";
import { randomStream } from "../numerics/random.ts";

/** Linf limits of the attack, in grey levels of 255, each as often as the others. */
export const QUIZ_EPSILONS = [1, 2, 4, 8] as const;

export interface QuizRound {
  readonly spec: ExperimentSpec;
  readonly epsilon: number;
  /** The attacked picture stands at the left. */
  readonly isLeft: boolean;
}

/** What a round showed once it was computed, and what the reader said. */
export interface QuizAnswer {
  readonly epsilon: number;
  readonly isRight: boolean;
  readonly ssim: number;
  /** Null where the model has no answer. */
  readonly flipped: boolean | null;
}

const QUESTIONS = [
  {
    question: "Is there a pleural effusion?",
    findings: [{ kind: "effusion", side: "left", amount: 400 }],
  },
  { question: "Is there a pneumothorax?", findings: [] },
  {
    question: "Is there consolidation?",
    findings: [{ kind: "consolidation", side: "right", amount: 0.8 }],
  },
  { question: "Is there cardiomegaly?", findings: [{ kind: "cardiomegaly", amount: 0.6 }] },
] as const;

/** The same seed gives a whole room the same films, in the same order and on the same sides. */
export function quizRounds(seed: number, count: number): readonly QuizRound[] {
  const draw = randomStream(seed, "quiz");
  const epsilons = shuffled(
    Array.from({ length: count }, (_, k) => QUIZ_EPSILONS[k % QUIZ_EPSILONS.length]!),
    draw,
  );
  return epsilons.map((epsilon) => {
    const { question, findings } = QUESTIONS[draw.integer(QUESTIONS.length)]!;
    const film: CaseSpec = { kind: "phantom", phantom: { seed: draw.integer(2 ** 20), findings } };
    return { spec: quizSpec(film, question, epsilon), epsilon, isLeft: draw.integer(2) === 0 };
  });
}

function quizSpec(film: CaseSpec, question: string, epsilon: number): ExperimentSpec {
  const opening = defaultSpec();
  const attack = opening.stack.find((item): item is AttackItem => item.type === "attack")!;
  return {
    ...opening,
    case: film,
    question,
    stack: [{ ...attack, epsilon }],
    certificate: { ...opening.certificate, enabled: false },
    relevance: { enabled: false },
  };
}

/** What was told apart at one size of change; `n` 0 has no interval. */
export interface QuizScore {
  readonly epsilon: number;
  readonly n: number;
  readonly right: number;
  /** Clopper-Pearson, 95 % for the two ends together. */
  readonly interval: { readonly low: number; readonly high: number };
  readonly meanSsim: number;
  readonly flips: number;
}

const ALPHA = 0.05;

export function quizScores(answers: readonly QuizAnswer[]): readonly QuizScore[] {
  return QUIZ_EPSILONS.map((epsilon) => scoreOf(answers, epsilon)).filter(({ n }) => n > 0);
}

function scoreOf(answers: readonly QuizAnswer[], epsilon: number): QuizScore {
  const of = answers.filter((answer) => answer.epsilon === epsilon);
  const n = of.length;
  const right = of.filter(({ isRight }) => isRight).length;
  return {
    epsilon,
    n,
    right,
    interval: {
      low: n === 0 ? 0 : clopperPearsonLower(right, n, ALPHA / 2),
      high: n === 0 ? 1 : clopperPearsonUpper(right, n, ALPHA / 2),
    },
    meanSsim: of.reduce((sum, { ssim }) => sum + ssim, 0) / n,
    flips: of.filter(({ flipped }) => flipped === true).length,
  };
}

/** The finding in a sentence: guessing is right half the time. */
export function quizFinding(answers: readonly QuizAnswer[]): string {
  const right = answers.filter(({ isRight }) => isRight).length;
  const flips = answers.filter(({ flipped }) => flipped === true).length;
  const n = answers.length;
  const low = n === 0 ? 0 : clopperPearsonLower(right, n, ALPHA / 2);
  const told =
    low > 0.5
      ? "You saw more than a guesser would."
      : "That is within what a guesser gets, who is right half the time.";
  return `You were right ${right} of ${n} times. ${told} The attacks turned the model’s answer ${flips} of ${n} times.`;
}

function shuffled<T>(items: readonly T[], draw: { integer(below: number): number }): T[] {
  const list = [...items];
  for (let k = list.length - 1; k > 0; k--) {
    const other = draw.integer(k + 1);
    [list[k], list[other]] = [list[other]!, list[k]!];
  }
  return list;
}
