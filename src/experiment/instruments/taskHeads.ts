/** Every kind of task that the model's features serve, before and after the disturbance: yes and no, choices, sentences, retrieval. */
import { plainQuestions } from "../../language/questionBank.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { proportion } from "../../metrics/proportion.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { sampleSpec } from "../../phantom/sample.ts";
import { snapToByteLattice } from "../../image/grayImage.ts";
import type { System } from "../../system/system.ts";
import { cosine } from "../../tensor/norms.ts";
import { groundTruth } from "../groundTruth.ts";
import type { GroundTruth, Readout } from "../results.ts";
import { stageKey } from "../stageCache.ts";
import type { StageNews } from "../stage.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";
import { proportionQuantity } from "./proportionQuantity.ts";
import { answersQuestions } from "./wordings.ts";
import { fitsPresence, sentenceHeads } from "./zeroShot.ts";

const KINDS = ["yesNo", "choice", "sentences", "retrieval"] as const;
type Kind = (typeof KINDS)[number];

const NAMES: Readonly<Record<Kind, string>> = {
  yesNo: "Yes or no",
  choice: "One of several words",
  sentences: "Sentence that fits better",
  retrieval: "Nearest film of an archive",
};

/** One thing asked, before and after; `right` is null where no right answer is known. */
interface Task {
  readonly kind: Kind;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly right: string | null;
}

export const taskHeads = defineInstrument({
  id: "taskHeads",
  label: "Every kind of task under the disturbance",
  group: "robustness",
  help: "Asks the model everything that its features serve, of the clean and of the disturbed picture: yes and no, one of several words, which sentence fits, and which film of an archive of phantoms lies nearest. It counts for each kind how many right answers the disturbance costs; an attack is made against one question, so what it costs the others was not its aim.",
  source:
    "Attack success per task: answers right before and wrong after, of those right before, with Wilson intervals; retrieval by cosine of the image embeddings",
  params: {
    archive: {
      label: "Films in the archive",
      unit: "",
      min: 10,
      max: 200,
      step: 10,
      default: 30,
      integer: true,
      help: "Random phantoms, encoded once for each model; your clean picture lies among them.",
    },
  },
  needs: ["system", "input", "disturbed", "clean", "readout"],
  obstacle: answersQuestions,
  async *run({ system, input, disturbed, clean, readout }, scope) {
    const { answerSpaces } = system.manifest;
    const questions = plainQuestions().filter(({ answerSpace }) => answerSpace in answerSpaces);
    const tasks: Task[] = [];
    const { truth } = input;
    yield { progress: { done: 0, total: 3, label: "Questions" } };
    const before = await system.read(input.image, questions);
    const after = await system.read(disturbed.image, questions);
    if (scope.context.signal.aborted) return undefined;
    questions.forEach((question, k) =>
      tasks.push(
        questionTask(question, [before.answers[k]!.answer, after.answers[k]!.answer], truth),
      ),
    );
    yield { progress: { done: 1, total: 3, label: "Sentences" } };
    tasks.push(...(await sentenceTasks(system, [clean, readout], truth)));
    if (scope.context.signal.aborted) return undefined;
    const found = yield* retrievalTask(system, [clean, readout], scope);
    if (!found) return undefined;
    return resultOf([...tasks, found], system.embedText !== undefined);
  },
});

function questionTask(
  { text, answerSpace }: ExpandedQuestion,
  [before, after]: readonly [string, string],
  truth: GroundTruth | undefined,
): Task {
  const right = truth ? (groundTruth(text, truth)?.answer ?? null) : null;
  return { kind: answerSpace === "yes-no" ? "yesNo" : "choice", what: text, before, after, right };
}

/** For every finding, whether the sentences for its presence or for its absence fit better. */
async function sentenceTasks(
  { embedText }: System,
  [clean, moved]: readonly [Readout, Readout],
  truth: GroundTruth | undefined,
): Promise<readonly Task[]> {
  if (!embedText) return [];
  const kinds = new Set<string>(truth?.findings.map(({ kind }) => kind));
  const heads = await sentenceHeads(embedText);
  const word = (isPresent: boolean) => (isPresent ? "present" : "absent");
  return heads.map((head) => ({
    kind: "sentences",
    what: head.finding.term,
    before: word(fitsPresence(head, clean.embedding)),
    after: word(fitsPresence(head, moved.embedding)),
    // Phantoms do not model pneumonia.
    right: truth && head.finding.id !== "pneumonia" ? word(kinds.has(head.finding.id)) : null,
  }));
}

/** Whether the disturbed picture still finds its own original first, among phantoms. */
async function* retrievalTask(
  system: System,
  [clean, moved]: readonly [Readout, Readout],
  { params, seed, context }: InstrumentScope,
): AsyncGenerator<StageNews<never>, Task | undefined> {
  const { archive = 30 } = params;
  const key = stageKey("task archive", [system.key, archive, seed]);
  const films = context.cache.get<readonly Float32Array[]>(key);
  const made: Float32Array[] = [...(films ?? [])];
  while (made.length < archive) {
    await context.yieldToHost();
    if (context.signal.aborted) return undefined;
    yield { progress: { done: made.length, total: archive, label: "Films of the archive" } };
    const spec = sampleSpec(2_000_000 + 1000 * seed + made.length);
    const picture = renderPhantom(spec, system.manifest.input.size).image.slice();
    snapToByteLattice(picture);
    const [embedding] = await system.embed([picture]);
    made.push(embedding!);
  }
  context.cache.set(key, made);
  const own = cosine(moved.embedding, clean.embedding);
  const rank = 1 + made.filter((film) => cosine(moved.embedding, film) > own).length;
  return {
    kind: "retrieval",
    what: `Its own original among ${archive + 1} films`,
    before: "first",
    after: rank === 1 ? "first" : `place ${rank}`,
    right: "first",
  };
}

function resultOf(tasks: readonly Task[], hasText: boolean): InstrumentResult {
  const kinds = KINDS.map((kind) => {
    const own = tasks.filter((task) => task.kind === kind);
    const right = own.filter((task) => task.right !== null && task.before === task.right);
    const lost = right.filter((task) => task.after !== task.right);
    const changed = own.filter((task) => task.before !== task.after);
    return { kind, own, changed, lost: proportion(lost.length, right.length) };
  });
  const costs = kinds
    .filter(({ lost }) => lost.total > 0)
    .map(({ kind, lost }) => `${NAMES[kind].toLowerCase()} ${lost.count} of ${lost.total}`);
  const changed = tasks.filter((task) => task.before !== task.after);
  return {
    statement: `${
      costs.length > 0
        ? `Right answers that the disturbance costs: ${costs.join(", ")}.`
        : "No right answer is known for this picture, so only changes are counted."
    } In all, ${changed.length} of ${tasks.length} answers change.${hasText ? "" : " This model has no text encoder, so no sentences were compared."}`,
    quantities: [
      ...kinds.map(({ kind, lost }): Quantity =>
        proportionQuantity(`lost.${kind}`, `${NAMES[kind]}: right before, wrong after`, lost),
      ),
      ...kinds.map(({ kind, own, changed: turned }): Quantity =>
        proportionQuantity(
          `changed.${kind}`,
          `${NAMES[kind]}: answers that change`,
          proportion(turned.length, own.length),
        ),
      ),
    ],
    tables: [
      {
        id: "kinds",
        title: "By kind of task",
        columns: ["Task", "Asked", "Changed", "Right before", "Of those wrong after"],
        rows: kinds.map(({ kind, own, changed: turned, lost }) => [
          NAMES[kind],
          own.length,
          turned.length,
          lost.total,
          lost.count,
        ]),
      },
      {
        id: "changed",
        title: "What changes",
        columns: ["Asked", "Clean", "Disturbed", "Right"],
        rows: changed.map(({ what, before, after, right }) => [what, before, after, right]),
      },
    ],
  };
}
