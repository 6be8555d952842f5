/**
 * What a report says of each finding, by rules: a sentence names a finding by the bank's term or one of its equivalent synonyms, denies it
 * where a negation stands before the name, and may give a side. A finding that no sentence names counts as absent, as it does to whoever
 * reads the report. The rules know the sentences of this lab's reports and their like; free dictation they read badly.
 */
import { FINDING_TERMS } from "./questionBank.ts";

interface StatedFinding {
  readonly id: string;
  /** Undefined where the sentence gives none. */
  readonly side: "left" | "right" | undefined;
}

const NEGATION = /\b(no|not|without|free of|negative for|absent|absence of|clear of|resolved)\b/;
/** Other words that reports of this lab have for a finding. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  cardiomegaly: ["heart is enlarged", "enlarged heart"],
  edema: ["edema"],
  nodule: ["nodule"],
  fracture: ["rib fracture"],
  hernia: ["hiatal hernia"],
  tube: ["endotracheal tube"],
  line: ["central venous line"],
};

/** Findings that the report states as present, each once for a side. */
export function statedFindings(report: string): readonly StatedFinding[] {
  const found = new Map<string, StatedFinding>();
  for (const sentence of report.toLowerCase().split(/[.;\n]/)) {
    for (const { id, term, synonyms } of FINDING_TERMS) {
      const names = [
        term.toLowerCase(),
        ...(WORDS[id] ?? []),
        ...synonyms.filter(({ equivalent }) => equivalent).map((each) => each.term.toLowerCase()),
      ];
      const at = Math.min(...names.map((name) => placeOf(sentence, name)));
      if (at === Infinity || NEGATION.test(sentence.slice(0, at))) continue;
      const side = /\b(left|right)\b/.exec(sentence)?.[1] as StatedFinding["side"];
      found.set(`${id} ${side ?? ""}`, { id, side });
    }
  }
  return [...found.values()];
}

/** Where a name stands as whole words; Infinity where it does not. */
function placeOf(sentence: string, name: string): number {
  const at = ` ${sentence.replaceAll(/[^a-z0-9]+/g, " ")} `.indexOf(` ${name} `);
  return at < 0 ? Infinity : at;
}

/**
 * Agreement of two reports on what is there: F1 over findings with their sides; 1 where both state none.
 */
export function findingAgreement(written: string, reference: string): number {
  const keys = (report: string) =>
    new Set(statedFindings(report).map(({ id, side }) => `${id} ${side ?? ""}`));
  const [a, b] = [keys(written), keys(reference)];
  if (a.size === 0 && b.size === 0) return 1;
  return (2 * [...a].filter((key) => b.has(key)).length) / (a.size + b.size);
}
