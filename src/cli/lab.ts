/** The headless lab: JSON on standard output, one sentence on standard error when something is wrong. */
import { LabError, toErrorData } from "../errors/labError.ts";
import { keepCompiledCode } from "./compileCache.ts";
import { UsageError } from "./usageError.ts";
import { labVersion } from "./version.ts";

/** Prints one line of JSON. */
function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

// Before any verb is loaded.
keepCompiledCode();

type Verb = (args: readonly string[]) => Promise<void>;

// Verbs are loaded when they are called: decoding a file must not wait for the model runtime.
const VERBS: Readonly<Record<string, Verb>> = {
  run: async (args) => (await import("./runVerb.ts")).runVerb(args, print),
  compare: async (args) => (await import("./compareVerb.ts")).compareVerb(args, print),
  study: async (args) => (await import("./studyVerb.ts")).studyVerb(args, print),
  robustness: async (args) => (await import("./robustnessVerb.ts")).robustnessVerb(args, print),
  list: async (args) => (await import("./listVerb.ts")).listVerb(args, print),
  decode: async (args) => (await import("./decodeVerb.ts")).decodeVerb(args, print),
  phantom: async (args) => (await import("./phantomVerb.ts")).phantomVerb(args, print),
  ask: async (args) => (await import("./askVerb.ts")).askVerb(args, print),
  caption: async (args) => (await import("./captionVerb.ts")).captionVerb(args, print),
  agree: async (args) => (await import("./agreeVerb.ts")).agreeVerb(args, print),
  inspect: async (args) => (await import("./inspectVerb.ts")).inspectVerb(args, print),
  forward: async (args) => (await import("./forwardVerb.ts")).forwardVerb(args, print),
  vjp: async (args) => (await import("./vjpVerb.ts")).vjpVerb(args, print),
  attention: async (args) => (await import("./attentionVerb.ts")).attentionVerb(args, print),
};

/** Verbs of graphs are called by programs: their errors are JSON too. */
const GRAPH_VERBS = new Set(["inspect", "forward", "vjp", "attention"]);

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write((await import("./help.ts")).helpText());
    return;
  }
  if (name === "--version") {
    print({ lab: labVersion() });
    return;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb)
    throw new UsageError(`There is no verb "${name}": use ${Object.keys(VERBS).join(", ")}.`);
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write((await import("./help.ts")).helpOf(name));
    return;
  }
  await verb(args);
}

// Whoever reads may have seen enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
try {
  await main(process.argv.slice(2));
} catch (error) {
  const { code, message: told, hint } = toErrorData(error);
  // What a library says may run over many lines; the first is the sentence.
  const message = told.split("\n")[0]!;
  if (GRAPH_VERBS.has(process.argv[2] ?? "")) {
    print({ error: { code: error instanceof UsageError ? "usage" : code, message } });
  }
  process.stderr.write(`${[message, hint].filter(Boolean).join(" ")}\n`);
  process.exitCode = error instanceof LabError ? 2 : 1;
}
