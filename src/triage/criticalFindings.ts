/**
 * Findings that must not wait, searched for in what a model says. A mention counts only when it is not negated: "no
 * pneumothorax" is good news. Negation is judged clause by clause in the manner of NegEx (Chapman et al., J Biomed
 * Inform 2001): a cue before the finding, or one right after it, unless a pseudo-negation ("cannot be excluded", "no
 * change in") says that the finding is still there. In doubt a mention counts: a false alarm costs less than a miss.
 */

export interface CriticalFinding {
  readonly id: string;
  readonly name: string;
  /** Wordings, lower case, matched as whole words; each may end in a plural s. */
  readonly terms: readonly string[];
}

/** Our choice of six, not a clinical standard. */
export const CRITICAL_FINDINGS: readonly CriticalFinding[] = [
  { id: "pneumothorax", name: "pneumothorax", terms: ["pneumothorax", "pneumothoraces"] },
  {
    id: "edema",
    name: "pulmonary edema",
    terms: ["pulmonary edema", "pulmonary oedema", "interstitial edema", "interstitial oedema"],
  },
  {
    id: "free-air",
    name: "free air under the diaphragm",
    terms: ["pneumoperitoneum", "free air under the diaphragm", "subdiaphragmatic free air"],
  },
  {
    id: "aortic-dissection",
    name: "aortic dissection",
    terms: ["aortic dissection", "dissection of the aorta"],
  },
  { id: "pulmonary-embolism", name: "pulmonary embolism", terms: ["pulmonary embolism"] },
  {
    id: "misplaced-tube",
    name: "misplaced endotracheal tube",
    terms: [
      "misplaced endotracheal tube",
      "malpositioned endotracheal tube",
      "right mainstem intubation",
    ],
  },
];

export interface CriticalMention {
  readonly finding: CriticalFinding;
  /** The clause it was found in, as written. */
  readonly clause: string;
  readonly negated: boolean;
}

/** Where one statement ends and the scope of a negation with it. */
const CLAUSE_END =
  /[.;:!?]\s*|\n|,?\s+\b(?:but|however|although|though|except(?: for)?|apart from|while|whereas|yet)\b|,\s*(?=there (?:is|are)\b)|,?\s+\band (?=there (?:is|are)\b)/i;
const CUE_BEFORE =
  /\b(?:no|not|without|never|neither|nor|absent|absence of|free of|clear of|negative for|denies|lacks?|(?:rules?|ruled) out|excludes?|resolution of|isn't|aren't|doesn't|hasn't)\b/;
const CUE_AFTER =
  /^[\s,]*(?:(?:is|are|was|were|has been|have been|can be|may be|has|have) (?:now )?)?(?:not (?:seen|present|identified|visible|evident|detected)|absent|excluded|ruled out|resolved|unlikely)\b|^[\s,]*:\s*(?:no|none|negative|absent)\b/;
/** Looks like a negation of the finding and is none. */
const PSEUDO_BEFORE =
  /\b(?:no|not|without) (?:significant |interval |appreciable )*(?:change|increase|decrease|improvement|resolution)\b|\b(?:can ?not|can't|could not|couldn't|does not|doesn't|not) (?:be )?(?:exclude|rule out|ruled out|excluded)\b|\bnot only\b|\bno doubt\b/g;

/** Every mention of a critical finding, negated ones too, in the order of the text. */
export function criticalMentions(
  text: string,
  findings: readonly CriticalFinding[] = CRITICAL_FINDINGS,
): readonly CriticalMention[] {
  return text.split(CLAUSE_END).flatMap((clause) => {
    const lower = clause.toLowerCase();
    return findings
      .flatMap((finding) => {
        const match = new RegExp(`\\b(?:${finding.terms.join("|")})s?\\b`).exec(lower);
        return match ? [{ finding, match }] : [];
      })
      .sort((a, b) => a.match.index - b.match.index)
      .map(({ finding, match }) => ({
        finding,
        clause: clause.trim(),
        negated: isNegated(lower.slice(0, match.index), lower.slice(match.index + match[0].length)),
      }));
  });
}

function isNegated(before: string, after: string): boolean {
  return CUE_BEFORE.test(before.replace(PSEUDO_BEFORE, " ")) || CUE_AFTER.test(after);
}
