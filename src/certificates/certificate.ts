/** What a certificate says: a sentence that holds with a stated confidence, or the reason why there is none. */

/**
 * - "certified": the statement holds with probability at least `confidence` over the noise draws.
 * - "vacuous": the samples prove nothing at this radius; more samples or a smaller radius might.
 * - "abstained": the method declines to state anything (no majority answer).
 */
export type CertificateStatus = "certified" | "vacuous" | "abstained";

export interface Certificate {
  readonly status: CertificateStatus;
  /** The claim, or why there is none, in one sentence. */
  readonly statement: string;
  /** 1 - alpha. */
  readonly confidence: number;
  readonly alpha: number;
  /** Standard deviation of the Gaussian noise, model space, [0, 1] grey. */
  readonly sigma: number;
  /** Noise draws so far; the bounds are valid at every n (anytime-valid), not only at the last. */
  readonly n: number;
  readonly seed: number;
  /** l2 radius in model space at which the statement holds; 0 unless certified. */
  readonly radius: number;
}
