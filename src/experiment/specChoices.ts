/** What a spec's fields may say, where that is a list of words. */

/** What an attacker does with a text or a region; absent: "towards". */
export const GOAL_AIMS = ["towards", "away"] as const;

/** Pixels an attack may change: those under paint above it, of a phantom's findings or all but these, of its organs or all but these. */
export const ATTACK_REGIONS = [
  "painted",
  "findings",
  "elsewhere",
  "lungs",
  "heart",
  "outsideOrgans",
] as const;

/** Whether an attacker knows of the experiment's defenses and works through them. */
export const ATTACK_KNOWLEDGE = ["aware", "unaware"] as const;

/**
 * "tokens": all image tokens as one unit vector, which the answering side reads; every new experiment says so. "embedding":
 * the pooled image embedding, which zero-shot answers are read from; what is meant where an older experiment says nothing.
 */
export const CERTIFIED_FEATURES = ["tokens", "embedding"] as const;
