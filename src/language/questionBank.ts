/** The questions the bundled models are trained to answer, in every wording, from questionBank.json. */
import bank from "./questionBank.json" with { type: "json" };

export type QuestionType =
  "presence" | "normal" | "heart" | "side" | "size" | "view" | "portable" | "device" | "comparison";
export type Strategy = "plain" | "lexical" | "syntactic" | "pragmatic" | "negation" | "scope";

/** One wording of one question. */
export interface ExpandedQuestion {
  /** As a reader would type it. */
  readonly text: string;
  readonly type: QuestionType;
  /** The finding asked about, or null for questions about the whole film. */
  readonly findingId: string | null;
  /** Key of the manifest's answer spaces. */
  readonly answerSpace: string;
  readonly strategy: Strategy;
  /** -1 where "yes" means that the finding is absent. */
  readonly polarity: 1 | -1;
  /** False where the wording asks something else (another side, size or finding): never counted as a flip. */
  readonly equivalent: boolean;
  /** True where no model saw the wording in training. */
  readonly heldOut: boolean;
  readonly templateId: string;
  /** What is asked, whatever the wording: all equivalents of a question share it. */
  readonly canonicalId: string;
  /** The side or size a question is limited to; for a comparison, the side asked to be the larger. */
  readonly scope: QuestionScope | null;
}

export interface QuestionScope {
  readonly side?: string;
  readonly size?: string;
}

export interface FindingTerm {
  readonly id: string;
  readonly term: string;
  readonly article: string;
  readonly anatomy: string;
  readonly role: string;
  readonly sided: boolean;
  readonly sized: boolean;
  readonly synonyms: readonly {
    readonly id: string;
    readonly article: string;
    readonly term: string;
    readonly equivalent: boolean;
    readonly heldOut: boolean;
  }[];
}

interface Template {
  readonly id: string;
  readonly text: string;
  readonly strategy: string;
  readonly polarity: number;
  readonly heldOut: boolean;
  readonly synonyms?: boolean;
  readonly scope?: QuestionScope;
}

/** The words that each answer space allows. */
export const ANSWER_SPACES: Readonly<Record<string, readonly string[]>> = bank.answerSpaces;

export const FINDING_TERMS: readonly FindingTerm[] = bank.findings;

interface Filling {
  readonly term: string;
  readonly article: string;
  readonly side?: "left" | "right";
}

function fill(template: string, { term, article, side }: Filling): string {
  const withArticle = article ? `${article} ${term}` : term;
  const other = side === "left" ? "right" : "left";
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  return template
    .replaceAll("{a}", withArticle)
    .replaceAll("{A}", capital(withArticle))
    .replaceAll("{x}", term)
    .replaceAll("{the}", `the ${term}`)
    .replaceAll("{The}", `The ${term}`)
    .replaceAll("{side}", side ?? "")
    .replaceAll("{other}", other);
}

let expanded: readonly ExpandedQuestion[] | undefined;

/** Every wording of every question, in a fixed order. */
export function expandQuestions(): readonly ExpandedQuestion[] {
  expanded ??= Object.entries(bank.types).flatMap(([type, entry]) =>
    expandType(type as QuestionType, entry),
  );
  return expanded;
}

function expandType(
  type: QuestionType,
  entry: { answerSpace: string; templates: readonly Template[]; finding?: string },
): ExpandedQuestion[] {
  const rows: ExpandedQuestion[] = [];
  const add = (
    template: Template,
    filling: Filling,
    about: Pick<ExpandedQuestion, "findingId" | "canonicalId">,
    change: Partial<ExpandedQuestion> = {},
  ) =>
    rows.push({
      text: fill(template.text, filling),
      type,
      ...about,
      answerSpace: entry.answerSpace,
      strategy: template.strategy as Strategy,
      polarity: template.polarity === -1 ? -1 : 1,
      equivalent: template.strategy !== "scope",
      heldOut: template.heldOut,
      templateId: template.id,
      scope: template.scope ?? (filling.side ? { side: filling.side } : null),
      ...change,
    });
  const aboutFindings = type === "presence" || type === "side" || type === "size";
  if (aboutFindings) {
    for (const finding of FINDING_TERMS) {
      if (type === "side" && !finding.sided) continue;
      if (type === "size" && !finding.sized) continue;
      for (const template of entry.templates) {
        const { scope } = template;
        if (scope?.side && !finding.sided) continue;
        if (scope?.size && !finding.sized) continue;
        const narrowed = scope?.side ?? scope?.size;
        const canonicalId = `${type}.${finding.id}${narrowed ? `.${narrowed}` : ""}`;
        add(template, finding, { findingId: finding.id, canonicalId });
        if (!template.synonyms) continue;
        for (const synonym of finding.synonyms) {
          add(
            template,
            synonym,
            { findingId: finding.id, canonicalId },
            {
              strategy: "lexical",
              equivalent: synonym.equivalent,
              heldOut: synonym.heldOut,
              templateId: `${template.id}.${synonym.id}`,
            },
          );
        }
      }
    }
    return rows;
  }
  const none = { term: "", article: "" };
  for (const side of type === "comparison" ? (["left", "right"] as const) : [undefined]) {
    for (const template of entry.templates) {
      const canonicalId = side ? `comparison.${side}` : type;
      add(template, side ? { ...none, side } : none, {
        findingId: entry.finding ?? null,
        canonicalId,
      });
    }
  }
  return rows;
}

/** The plain wording of each question: what a menu offers. */
export function plainQuestions(): readonly ExpandedQuestion[] {
  return expandQuestions().filter((q) => q.strategy === "plain");
}
