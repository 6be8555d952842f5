/** The attack at work: the loss of the 8-bit picture at every step or query, and the best so far. */
import type { AttackTrace } from "../../experiment/results.ts";
import { ENTRIES, traceEntry } from "../../experiment/traceEntry.ts";
import { decimal } from "../kit/formats.ts";
import type { PlotSpec } from "./plotSpec.ts";

export interface Trace {
  readonly loss: readonly number[];
  readonly bestLoss: readonly number[];
  readonly lossName: string;
  readonly lossUnit: string;
  /** What one entry is; these are absent while an attack runs that has not said. */
  readonly access?: AttackTrace["access"];
  readonly gradient?: AttackTrace["gradient"];
  readonly aware?: boolean;
  /** Where an entry is neither a step nor a query. */
  readonly entry?: "look" | "try" | undefined;
}

const GRADIENTS = {
  exact: "",
  bpda: "Gradient approximated (BPDA).",
  expectation: "Gradient averaged over random draws (EOT).",
} as const;

/** What the attacker saw, where that is less than the whole system, as a sentence. */
export function attackerWords({ gradient = "exact", aware }: Trace): string {
  return aware === false ? "Made on the model without its defenses." : GRADIENTS[gradient];
}

export function traceSpec(trace: Trace): PlotSpec {
  const { loss, bestLoss, lossName, lossUnit, access } = trace;
  const steps = Array.from(loss, (_, index) => index);
  const values = [...loss, ...bestLoss].filter((value) => Number.isFinite(value));
  const low = Math.min(...values, 0);
  const high = Math.max(...values, 0);
  const pad = 0.06 * (high - low || 1);
  const last = bestLoss.at(-1) ?? 0;
  const entry = traceEntry(trace);
  const unit = lossUnit === "" ? "" : ` ${lossUnit}`;
  return {
    title: "Attack",
    description: `${lossName} by ${entry}: best ${decimal(last, 2)}${unit} after ${loss.length} ${loss.length === 1 ? entry : ENTRIES[entry]}, of 8-bit pictures.`,
    series: [
      { name: `this ${entry}`, x: steps, y: loss, ink: "neutral", width: 1 },
      { name: "best so far", x: steps, y: bestLoss, ink: "changed" },
      { name: "best, now", x: [bestLoss.length - 1], y: [last], ink: "changed", width: 0 },
    ],
    x: { title: entry, range: [0, Math.max(1, loss.length - 1)], offersLog: access === "query" },
    y: { title: lossUnit || "loss", range: [low - pad, high + pad] },
  };
}
