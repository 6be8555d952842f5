/**
 * Keys and values that a decoder has made of what it read: fed to its next step, and to nothing else. On WebGPU they stay in the
 * device's memory, and are freed here when no step will read them any more.
 */
import { GraphView } from "../../onnx/graph.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { isHeld } from "../session.ts";
import type { Fed, Feeds } from "../session.ts";

const PRESENT = /^present(_key_values)?\./;

/** Outputs of a decoder that its own next step reads. */
export function keptOutputs(decoder: ModelProto): readonly string[] {
  return new GraphView(decoder).outputs.filter((name) => PRESENT.test(name));
}

/** What the next step reads, by its input. What was made of an encoder's states is made once: later steps may return it empty. */
export function keptFrom(results: Feeds, before: Feeds | undefined): Feeds {
  const kept = Object.entries(results).flatMap(([name, value]) => {
    const input = name.replace(PRESENT, "past_key_values.");
    if (input === name) return [];
    return [[input, before && input.includes(".encoder.") ? before[input]! : value] as const];
  });
  return Object.fromEntries(kept);
}

/** Frees what the runtime holds of `old` and nothing in `kept` is. */
export async function releaseUnkept(
  old: readonly (Feeds | undefined)[],
  kept: readonly (Feeds | undefined)[] = [],
): Promise<void> {
  const values = (groups: typeof old): Set<Fed> =>
    new Set(groups.flatMap((group) => Object.values(group ?? {})));
  const needed = values(kept);
  for (const value of values(old)) if (isHeld(value) && !needed.has(value)) await value.release();
}
