/** Whether a variant does what it was made for: its own evaluation beside the base model's, and a verdict that the intervals give. */

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Gain extends Range {
  readonly gain: number;
}

interface Disturbed {
  readonly disturbance: string;
  readonly trained: boolean;
  readonly phantoms: Gain;
  readonly children: Gain;
}

/** What is read of a bundled model's evaluation.json. */
export interface Evaluation {
  readonly meanAuc: number;
  readonly attack: { readonly n: number } & Readonly<
    Record<string, number | (Range & { readonly accuracy: number })>
  >;
  readonly gaussianScore: {
    readonly clipped: Readonly<Record<string, Range & { readonly mean: number }>>;
  };
  readonly disturbed?: { readonly rows: readonly Disturbed[] };
}

interface Claim {
  /** What whoever proposed such a training says that it does. */
  readonly says: string;
  readonly verdict: (own: Evaluation, base: Evaluation) => string;
}

const CLAIMS: Readonly<Record<string, Claim>> = {
  robust: {
    says: "Adversarial training (Madry et al. 2018): answers stand attacks up to the radius that it trained on, 4/255, at some cost on calm pictures.",
    verdict: attacked("4/255"),
  },
  "fare-2": {
    says: "FARE (Schlarmann et al. 2024): an encoder held to its own features under attack, without any label, stands attacks up to the radius of its training, 2/255, and old heads still fit.",
    verdict: attacked("2/255"),
  },
  "tecoa-2": {
    says: "TeCoA (Mao et al. 2023): an encoder taught under attack to match texts stands attacks up to the radius of its training, 2/255, at some cost on calm pictures.",
    verdict: attacked("2/255"),
  },
  noise: {
    says: "Training under Gaussian noise (Cohen et al. 2019): features of noisy copies stay near those of the picture, so that more can be certified, at sigma 0.25.",
    verdict: (own, base) => {
      const [mine, theirs] = [own, base].map((of) => of.gaussianScore.clipped["0.25"]!);
      return `${said(mine!, theirs!)} the Gaussian robustness score at sigma 0.25 is ${among(mine!.mean, mine!)}, the base model's ${among(theirs!.mean, theirs!)}. ${calm(own, base)}`;
    },
  },
  "noisy-language": {
    says: "A decoder tuned on disturbed pictures with right answers, the encoder left as it was, reads disturbed pictures better.",
    verdict: ({ disturbed }) => {
      const rows = (disturbed?.rows ?? []).filter(({ disturbance }) => disturbance !== "none");
      const told = (["phantoms", "children"] as const).map((who) => {
        const better = rows.filter((row) => row[who].low > 0);
        const worse = rows.filter((row) => row[who].high < 0);
        const most = rows.reduce((best, row) => Math.max(best, row[who].gain), 0);
        return `on ${who} balanced accuracy rises in ${better.length} of ${rows.length} disturbances and strengths (by ${most.toFixed(3)} at most), falls in ${worse.length}, and in the others the interval holds zero`;
      });
      const better = rows.filter(({ phantoms }) => phantoms.low > 0);
      const share = better.length / Math.max(1, rows.length);
      const lead = share === 1 ? "It does:" : share > 0 ? "It does in part:" : "It cannot be told:";
      return `${lead} ${told.join("; ")}.`;
    },
  },
};

const TITLE = "## What it was made for";

/** The card with its section made anew: in its old place, or before what it cannot do. A model that nothing is claimed of stays as it is. */
export function cardWithClaim(card: string, id: string, own: Evaluation, base: Evaluation): string {
  const claim = CLAIMS[id];
  if (!claim) return card;
  const section = [
    TITLE,
    claim.says,
    `${claim.verdict(own, base)} Float weights, 95 % intervals.`,
  ].join("\n\n");
  const from = card.indexOf(`${TITLE}\n`);
  const before = from < 0 ? card.indexOf("## What it cannot do\n") : from;
  const after = from < 0 ? before : card.indexOf("\n## ", from) + 1;
  return `${card.slice(0, before)}${section}\n\n${card.slice(after)}`;
}

function attacked(radius: string) {
  return (own: Evaluation, base: Evaluation): string => {
    const [mine, theirs] = [own, base].map(({ attack }) => attack[radius]);
    if (typeof mine !== "object" || typeof theirs !== "object") return "It was not measured.";
    return `${said(mine, theirs)} of answers under PGD-20 of ${radius} ${among(mine.accuracy, mine)} stay right (${own.attack.n} questions), of the base model's ${among(theirs.accuracy, theirs)} (${base.attack.n}). ${calm(own, base)}`;
  };
}

function said(mine: Range, theirs: Range): string {
  if (mine.low > theirs.high) return "It does:";
  return mine.high < theirs.low ? "It does the opposite:" : "It cannot be told:";
}

function among(value: number, { low, high }: Range): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function calm(own: Evaluation, base: Evaluation): string {
  return `It counts as more only where the two intervals do not meet. On calm phantoms the mean AUC is ${own.meanAuc.toFixed(3)}, the base model's ${base.meanAuc.toFixed(3)}.`;
}
