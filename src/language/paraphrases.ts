/** Other wordings of a question: equivalents first-class, chosen once and for all so that a flip rate can be repeated. */
import { expandQuestions } from "./questionBank.ts";
import type { ExpandedQuestion, Strategy } from "./questionBank.ts";
import type { Understood } from "./recognize.ts";

/** The order in which strategies take turns. */
const TURNS: readonly Strategy[] = ["lexical", "syntactic", "pragmatic", "negation"];

/**
 * Up to `count` equivalent wordings, strategies in turn, within each first the wordings never seen in training: those
 * are where flips are real and not planted.
 */
export function paraphrasesOf(question: Understood, count: number): readonly ExpandedQuestion[] {
  const asked = sameWords(question.text);
  const pool = expandQuestions().filter(
    (q) =>
      q.canonicalId === question.canonicalId &&
      q.equivalent &&
      q.strategy !== "scope" &&
      sameWords(q.text) !== asked,
  );
  // Wordings with a side or size in their id ask about it in every strategy.
  const queues = TURNS.map((strategy) => {
    const own = pool.filter((q) => q.strategy === strategy);
    const fresh = own.filter((q) => q.heldOut);
    const trained = own.filter((q) => !q.heldOut);
    return interleave(fresh, trained);
  });
  const picked: ExpandedQuestion[] = pool.filter((q) => q.strategy === "plain");
  for (let turn = 0; picked.length < count && queues.some((q) => q.length > 0); turn++) {
    const next = queues[turn % queues.length]!.shift();
    if (next) picked.push(next);
  }
  return picked.slice(0, count);
}

/** Case, spaces and the closing mark apart: "Is there pneumonia" is no other wording than "Is there pneumonia?". */
function sameWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replace(/[?.! ]+$/, "")
    .trim();
}

function interleave<T>(a: readonly T[], b: readonly T[]): T[] {
  const out: T[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== undefined) out.push(a[i]!);
    if (b[i] !== undefined) out.push(b[i]!);
  }
  return out;
}
