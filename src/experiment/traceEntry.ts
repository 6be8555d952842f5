/** What one entry of an attack's trace is: the word that the plots on the page and in a figure count by. */
import type { AttackSetting } from "../attacks/attack.ts";
import type { AttackTrace } from "./results.ts";

export type TraceEntry = "query" | "step" | "look" | "try";

/** Several of each. */
export const ENTRIES: Readonly<Record<TraceEntry, string>> = {
  query: "queries",
  step: "steps",
  look: "looks",
  try: "tries",
};

/** A member that learns on other pictures looks at this one a few times only; one of several members takes steps and asks. */
export function entryOf(settings: readonly AttackSetting[]): "look" | "try" | undefined {
  if (settings.includes("phantoms")) return "look";
  return settings.includes("steps") && settings.includes("queries") ? "try" : undefined;
}

export function traceEntry(trace: {
  readonly entry?: "look" | "try" | undefined;
  readonly access?: AttackTrace["access"];
}): TraceEntry {
  return trace.entry ?? (trace.access === "query" ? "query" : "step");
}
