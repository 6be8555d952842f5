/** The cases of a study, one after the other, so that a million of them need no memory. */
import { LabError } from "../errors/labError.ts";
import { interpretQuestion } from "../language/recognize.ts";
import { sampleFinding, sampleSpec } from "../phantom/sample.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import type { FindingKind, PhantomSpec } from "../phantom/spec.ts";
import type { CaseLabels } from "./trueAnswer.ts";
import type { CaseSet, Study, StudyFile } from "./schema.ts";
import type { Json, JsonObject } from "./specPath.ts";

export interface StudyCase {
  /** The cell of the column "case". */
  readonly id: string;
  readonly known: CaseLabels;
  /** Asked instead of the base's. */
  readonly question?: string;
  /** Other wordings of it that came with the case. */
  readonly paraphrases?: StudyFile["paraphrases"];
  /** Undefined: the base's own. May depend on the question, which an axis may choose. */
  source?(question: string): JsonObject;
}

export function caseCount({ cases }: Pick<Study, "cases">): number {
  return cases.reduce((sum, set) => sum + countOf(set), 0);
}

function countOf(set: CaseSet): number {
  switch (set.kind) {
    case "this":
      return 1;
    case "phantoms":
      return set.count;
    case "files":
      return set.files.length;
    case "folder":
      throw unread(set.path);
  }
}

/** Every case in order. @throws LabError "spec-invalid" for a folder that nobody has read yet. */
export function* casesOf({ cases }: Pick<Study, "cases">): Generator<StudyCase> {
  const seen = new Map<string, number>();
  for (const set of cases) yield* casesIn(set, seen);
}

/** @param seen how often each film was there already */
function* casesIn(set: CaseSet, seen: Map<string, number>): Generator<StudyCase> {
  switch (set.kind) {
    case "this":
      yield { id: "this", known: {} };
      return;
    case "phantoms":
      for (let k = 0; k < set.count; k++) {
        yield {
          id: `phantom ${set.firstSeed + k}`,
          known: {},
          source: (question) => ({
            kind: "phantom",
            phantom: phantomOf(set, k, question) as unknown as Json,
          }),
        };
      }
      return;
    case "files":
      for (const { sha256, labels, answer, question, paraphrases, boxes } of set.files) {
        // A second question about the same film is another case.
        const place = (seen.get(sha256) ?? 0) + 1;
        seen.set(sha256, place);
        yield {
          id: `file ${sha256.slice(0, 16)}${place === 1 ? "" : ` ${place}`}`,
          known: {
            ...(labels === undefined ? {} : { labels }),
            ...(answer === undefined ? {} : { answer }),
          },
          ...(question === undefined ? {} : { question }),
          ...(paraphrases === undefined ? {} : { paraphrases }),
          source: () => ({
            kind: "file",
            sha256,
            ...(boxes && { boxes: boxes as unknown as Json }),
          }),
        };
      }
      return;
    case "folder":
      throw unread(set.path);
  }
}

type Phantoms = Extract<CaseSet, { kind: "phantoms" }>;

function phantomOf(
  { firstSeed, findings, findingRate }: Phantoms,
  index: number,
  question: string,
): PhantomSpec {
  const seed = firstSeed + index;
  if (typeof findings !== "string") return { seed, findings };
  const sampled = sampleSpec(seed, findingRate === undefined ? {} : { findingRate });
  if (findings === "sampled") return sampled;
  const kind = askedFinding(question);
  const others = sampled.findings.filter((finding) => finding.kind !== kind);
  return { seed, findings: index % 2 === 0 ? [...others, ...sampleFinding(kind, seed)] : others };
}

/** What "balanced" is balanced by. */
function askedFinding(question: string): FindingKind {
  const kind = interpretQuestion(question).understood?.findingId;
  const known = FINDING_KINDS.find((each) => each === kind);
  if (known) return known;
  throw new LabError(
    "spec-invalid",
    `"${question}" asks about no finding of a phantom, so its phantoms can't be balanced.`,
    { hint: "Ask about one finding, or take sampled phantoms." },
  );
}

function unread(path: string): LabError {
  return new LabError("spec-invalid", `The folder ${path} has not been read.`, {
    hint: "Run the study with `lab study run`, or open the folder in the Studies view.",
  });
}
