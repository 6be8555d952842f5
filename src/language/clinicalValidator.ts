/**
 * Whether a rewording asks the same clinical question: four checks, each with its reason. Same anatomy (sides
 * included), same findings (sizes included), natural, unambiguous. Negation is allowed, because a paraphrase carries its
 * polarity; a near-synonym is not. Rules over the bank's vocabulary, so a wording outside it is refused, not trusted.
 */
import { FINDING_TERMS, expandQuestions } from "./questionBank.ts";

export interface ValidationCheck {
  readonly check: "anatomy" | "findings" | "natural" | "unambiguous";
  readonly passed: boolean;
  /** One sentence, also when passed. */
  readonly reason: string;
}

export interface Validation {
  readonly accepted: boolean;
  readonly checks: readonly ValidationCheck[];
}

const MAX_WORDS = 40;

/** What else than a finding a question can be about, with all its wordings. Earlier rows win. */
const TOPICS: readonly (readonly [string, RegExp])[] = [
  ["medical device", /\b(?:tube, line or pacemaker|medical (?:devices?|apparatus))\b/g],
  [
    "heart size",
    /\b(?:heart|cardiac silhouette)\b(?:(?! radiograph).)*?\b(?:enlarged|too large|of normal size|size within normal limits)\b/g,
  ],
  [
    "portable",
    /\b(?:not a |other than a )?(?:portable|bedside|mobile x-ray unit|fixed unit)(?: (?:radiograph|film|unit))?\b/g,
  ],
  [
    "view",
    /\b(?:pa|ap|posteroanterior|anteroposterior|projection|which view|view of|in which view)\b/g,
  ],
  ["normality", /\b(?:normal(?! in)|abnormal|unremarkable|abnormality|abnormalities|wrong)\b/g],
];

const ANATOMY: readonly (readonly [string, RegExp])[] = [
  ["left", /\bleft\b/],
  ["right", /\bright\b/],
  ["both sides", /\b(?:both (?:sides|lungs)|bilateral(?:ly)?)\b/],
  ["upper zone", /\b(?:upper (?:lobes?|zones?)|apex|apices|apical)\b/],
  ["middle zone", /\b(?:middle (?:lobe|zones?)|lingula)\b/],
  ["lower zone", /\b(?:lower (?:lobes?|zones?)|bases?|basal|basilar)\b/],
  ["heart", /\b(?:heart|cardiac)\b/],
  ["lung", /\b(?:lungs?|pulmonary)\b/],
  ["pleura", /\bpleura(?:l)?\b/],
  ["rib", /\bribs?\b/],
  ["spine", /\b(?:spine|spinal|vertebra(?:e|l)?)\b/],
  ["clavicle", /\bclavicles?\b/],
  ["diaphragm", /\b(?:hemi)?diaphragm\b/],
  ["mediastinum", /\bmediastin(?:um|al)\b/],
  ["hilum", /\b(?:hilum|hila|hilar)\b/],
  ["trachea", /\btrachea(?:l)?\b/],
  ["abdomen", /\babdom(?:en|inal)\b/],
];

/** Questions for the side name all sides as choices and so limit nothing. */
const SIDE_CHOICE =
  /\bon the left, on the right or on both sides\b|\bleft,? right,? or both\b|\bleft or (?:the )?right\b/g;
const SIZE_CHOICE = /\bsmall, moderate,? or large\b/g;
const SIZE_WORDS = /\b(?:small|tiny|minor|moderate|large|big|massive|huge)\b/;
const NEGATION_CUES =
  /\b(?:no|not|without|absent|free of|negative for|ruled out|excluded|isn't|aren't|doesn't)\b/g;

/** Compares a rewording with the question it stands for. */
export function validateParaphrase(original: string, rewording: string): Validation {
  const a = read(original);
  const b = read(rewording);
  const checks = [
    sameSet("anatomy", a.anatomy, b.anatomy),
    sameSet("findings", a.findings, b.findings),
    natural(rewording),
    unambiguous(a, b),
  ];
  return { accepted: checks.every(({ passed }) => passed), checks };
}

interface Reading {
  readonly anatomy: ReadonlySet<string>;
  readonly findings: ReadonlySet<string>;
  /** Words that stand for more than one finding, with what they may mean. */
  readonly ambiguous: readonly string[];
  readonly negations: number;
  readonly comparison: boolean;
  /** The bank's canonical question, for a wording that is in the bank. */
  readonly canonicalId: string | undefined;
}

/** Finding names are taken out first, longest first: "fluid in the pleural space" is effusion, not an added place. */
function read(text: string): Reading {
  let rest = text.toLowerCase().replace(/\s+/g, " ").trim();
  const bankText = rest;
  rest = rest.replace(SIDE_CHOICE, " ").replace(SIZE_CHOICE, " ");
  const findings = new Set<string>();
  const ambiguous: string[] = [];
  for (const [topic, pattern] of TOPICS.slice(0, 2)) {
    rest = rest.replace(pattern, () => (findings.add(topic), " "));
  }
  for (const { name, meanings, pattern } of vocabulary()) {
    rest = rest.replace(pattern, (match: string) => {
      const size = SIZE_WORDS.exec(match.slice(0, match.lastIndexOf(name)))?.[0];
      for (const meaning of meanings) findings.add(size ? `${size} ${meaning}` : meaning);
      if (/\bleft\b/.test(match)) return " left ";
      if (/\bright\b/.test(match)) return " right ";
      return " ";
    });
    if (meanings[0] === name && meaningsOf(name).length > 1 && bankText.includes(name)) {
      ambiguous.push(`"${name}" can mean ${meaningsOf(name).join(" or ")}`);
    }
  }
  for (const [topic, pattern] of TOPICS.slice(2)) {
    rest = rest.replace(pattern, () => (findings.add(topic), " "));
  }
  const comparison = /\b(?:(?<!other )than|compared|larger)\b/.test(bankText);
  const anatomy = new Set(
    ANATOMY.filter(([, pattern]) => pattern.test(rest)).map(([name]) => name),
  );
  // "Is the larger effusion on the left?" names one side and compares both.
  if (comparison) anatomy.add("left").add("right");
  return {
    anatomy,
    findings,
    ambiguous,
    negations: bankText.match(NEGATION_CUES)?.length ?? 0,
    comparison,
    canonicalId: canonicalIds().get(bankText),
  };
}

interface Name {
  readonly name: string;
  /** Finding ids, or the name itself where it is only a near-synonym and so a finding of its own. */
  readonly meanings: readonly string[];
  readonly pattern: RegExp;
}

let names: readonly Name[] | undefined;

function vocabulary(): readonly Name[] {
  if (names) return names;
  const meanings = new Map<string, string>();
  for (const finding of FINDING_TERMS) {
    for (const { term, equivalent } of finding.synonyms) {
      meanings.set(term, equivalent ? finding.id : (meanings.get(term) ?? term));
    }
  }
  // Names proper last: "consolidation" is a near-synonym of nothing.
  for (const { id, term } of FINDING_TERMS) meanings.set(term, id).set(id, id);
  names = [...meanings]
    .sort(([a], [b]) => b.length - a.length)
    .map(([name, meaning]) => ({
      name,
      meanings: [meaning],
      pattern: new RegExp(
        `\\b(?:(?:small|tiny|minor|moderate|large|big|massive|huge|left|right)(?:-sided)? )*${name}s?\\b`,
        "g",
      ),
    }));
  return names;
}

/** The findings a near-synonym is listed under. */
function meaningsOf(name: string): string[] {
  return FINDING_TERMS.filter((f) => f.synonyms.some((s) => s.term === name && !s.equivalent)).map(
    (f) => f.term,
  );
}

let canonical: ReadonlyMap<string, string> | undefined;

function canonicalIds(): ReadonlyMap<string, string> {
  canonical ??= new Map(
    expandQuestions()
      .filter((q) => q.equivalent || q.scope !== null)
      .map((q) => [q.text.toLowerCase(), q.canonicalId]),
  );
  return canonical;
}

function sameSet(
  check: "anatomy" | "findings",
  a: ReadonlySet<string>,
  b: ReadonlySet<string>,
): ValidationCheck {
  const lost = [...a].filter((x) => !b.has(x));
  const added = [...b].filter((x) => !a.has(x));
  const passed = lost.length === 0 && added.length === 0;
  const changes = [
    ...(lost.length > 0 ? [`drops ${lost.join(", ")}`] : []),
    ...(added.length > 0 ? [`adds ${added.join(", ")}`] : []),
  ];
  return {
    check,
    passed,
    reason: passed
      ? `Both name ${a.size > 0 ? [...a].join(", ") : `no ${check === "anatomy" ? "place" : "finding"}`}.`
      : `The rewording ${changes.join(" and ")}.`,
  };
}

function natural(text: string): ValidationCheck {
  const words = text.trim().split(/\s+/);
  const problem =
    text.trim() === ""
      ? "It is empty."
      : !/^["\p{L}]/u.test(text.trim())
        ? "It does not start with a word."
        : !/[?.]$/.test(text.trim())
          ? "It has no closing mark."
          : words.length > MAX_WORDS
            ? `It has ${words.length} words; ${MAX_WORDS} are enough.`
            : (/\{\w*\}/.exec(text)?.[0] ?? "") !== ""
              ? "A blank is not filled in."
              : (doubledWord(words) ?? wrongArticle(text));
  return {
    check: "natural",
    passed: problem === undefined,
    reason: problem ?? "It reads as a question.",
  };
}

function doubledWord(words: readonly string[]): string | undefined {
  const at = words.findIndex((w, i) => i > 0 && w.toLowerCase() === words[i - 1]!.toLowerCase());
  return at < 0 ? undefined : `"${words[at]}" stands twice.`;
}

/** Letters decide; u, h, x and abbreviations, whose sound differs from their letter, are left alone. */
function wrongArticle(text: string): string | undefined {
  const wrong =
    /\ba [aeio][a-z]{2,}\b/i.exec(text)?.[0] ??
    /\ban [bcdfgjklmnpqrstvwyz][a-z]{3,}\b/i.exec(text)?.[0];
  return wrong === undefined ? undefined : `"${wrong}" has the wrong article.`;
}

function unambiguous(a: Reading, b: Reading): ValidationCheck {
  const more = b.findings.size > 1 && b.findings.size > a.findings.size;
  const problem =
    b.ambiguous[0] ??
    (b.negations > 1
      ? "two negations in one question"
      : more
        ? `asks about ${[...b.findings].join(" and ")} at once`
        : compared(a, b));
  return {
    check: "unambiguous",
    passed: problem === undefined,
    reason:
      problem === undefined
        ? "It can be read in one way only."
        : `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`,
  };
}

/** Which side is asked to be the larger is grammar, not vocabulary: known for the bank's own wordings only. */
function compared(a: Reading, b: Reading): string | undefined {
  if (!a.comparison && !b.comparison) return undefined;
  if (a.canonicalId !== undefined && a.canonicalId === b.canonicalId) return undefined;
  return a.canonicalId !== undefined && b.canonicalId !== undefined
    ? "the comparison runs the other way"
    : "the direction of a comparison can be checked for the bank's wordings only";
}
