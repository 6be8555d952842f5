/** What a system gives for one picture: answers to wordings, features, and where it looked. */
import type { AttentionLayer, AttentionMatrix } from "../model/visionLanguageModel.ts";

/** The answer to one wording. */
export interface AnswerResult {
  readonly question: string;
  /** The word preferred within the answer space, as spoken (not polarity-corrected). */
  readonly answer: string;
  /** Answer after polarity correction: what the system says about the finding. */
  readonly corrected: string;
  readonly polarity: 1 | -1;
  /** Softmax over the answer space. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Probability given to words outside the answer space. */
  readonly massOutside: number;
  /** Logit of the answer minus the runner-up; for yes/no, logit(yes) - logit(no). In logits. */
  readonly margin: number;
  readonly strategy: string;
  /** False where the wording was never used in training; absent where nobody here knows what was. */
  readonly trained?: boolean;
  /** Where the answer rests on several looks at the picture. */
  readonly agreement?: Agreement;
}

export interface Agreement {
  readonly looks: number;
  /** Of the looks, those that give the answer on their own. */
  readonly share: number;
  /** The looks count unequally: the share is of their weight, and no number of looks. */
  readonly isWeighed?: boolean;
  /** Too few agree: the system gives no answer, and `answer` is only what it would have said. */
  readonly abstains: boolean;
}

/** The word that is given as the answer: none where the system abstains. */
export function givenAnswer({ answer, agreement }: AnswerResult): string {
  return agreement?.abstains ? "unsure" : answer;
}

/** Whether the answer about the finding changed; null where there is none before or after. */
export function hasFlipped(
  before: AnswerResult | null | undefined,
  after: AnswerResult | null | undefined,
): boolean | null {
  if (!before || !after || before.agreement?.abstains || after.agreement?.abstains) return null;
  return before.corrected !== after.corrected;
}

export interface Reading {
  /** One per wording that was asked, in order; none where the system has no text side. */
  readonly answers: readonly AnswerResult[];
  /** Unit-norm image embedding [E]. */
  readonly embedding: Float32Array;
  readonly grid: readonly [number, number];
  /** The encoder's layers, then cross-attention of the answering position to the first wording (per layer). */
  readonly attention: readonly AttentionLayer[];
  /** Head-averaged self-attention of the encoder's layers, [T, T] each; empty where a layer does not see the whole image. */
  readonly selfAttentionMatrices: readonly AttentionMatrix[];
}
