/**
 * A field of an experiment by its path, as a study names it: `model.id`, `case.phantom.findings[0].amount`,
 * `stack[0].epsilon`, or an item of the stack by its own id, `stack[noise].params.severity`.
 */
import { LabError } from "../errors/labError.ts";

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

const STEP = /^(?:\.?([A-Za-z][A-Za-z0-9]*)|\[([\w-]{1,40})\])/;
/** Names that reach into objects themselves. */
const FORBIDDEN = new Set(["constructor", "prototype", "__proto__"]);

/** "stack[noise].params.severity" as its steps, or undefined for what is no path. */
export function parsePath(path: string): readonly string[] | undefined {
  const steps: string[] = [];
  let rest = path;
  while (rest !== "") {
    const step = STEP.exec(rest);
    const name = step?.[1] ?? step?.[2];
    if (!step || name === undefined || FORBIDDEN.has(name)) return undefined;
    if (steps.length === 0 && (rest.startsWith(".") || rest.startsWith("["))) return undefined;
    steps.push(name);
    rest = rest.slice(step[0].length);
  }
  return steps.length > 0 ? steps : undefined;
}

/**
 * A copy with the field set. Objects on the way that are absent are made; whether the field exists is for the
 * experiment's own check to say.
 * @throws LabError "spec-invalid" for an entry of a list that is not there.
 */
export function withField(target: JsonObject, path: string, value: Json): JsonObject {
  const steps = parsePath(path);
  if (!steps) throw unknownField(path, "is no path of a field, such as stack[0].epsilon");
  return set(target, steps, value, path) as JsonObject;
}

function set(
  node: Json | undefined,
  [step, ...rest]: readonly string[],
  value: Json,
  path: string,
): Json {
  if (step === undefined) return value;
  if (Array.isArray(node)) {
    const list = node as readonly Json[];
    const index = indexIn(list, step, path);
    return list.map((entry, k) => (k === index ? set(entry, rest, value, path) : entry));
  }
  if (node !== undefined && (node === null || typeof node !== "object")) {
    throw unknownField(path, `goes through ${JSON.stringify(node)}, which has no fields`);
  }
  const object = (node ?? {}) as JsonObject;
  return { ...object, [step]: set(object[step], rest, value, path) };
}

/** An entry by its position or by its id. */
function indexIn(list: readonly Json[], step: string, path: string): number {
  const ids = list.map((entry) =>
    entry !== null && typeof entry === "object" && "id" in entry ? entry["id"] : undefined,
  );
  const index = /^\d+$/.test(step) ? Number(step) : ids.indexOf(step);
  if (index >= 0 && index < list.length) return index;
  const there = ids.filter((id) => typeof id === "string").join(", ");
  throw unknownField(
    path,
    list.length === 0
      ? "names an entry of a list that is empty"
      : `names [${step}], but there are ${list.length} entries${there && ` (${there})`}`,
  );
}

function unknownField(path: string, what: string): LabError {
  return new LabError("spec-invalid", `The path "${path.slice(0, 80)}" ${what}.`, {
    hint: "Name a field of the experiment; `lab --help` shows a whole one.",
  });
}
