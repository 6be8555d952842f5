/** `lab ask FILE... --question TEXT`: what the model answers about each file, one JSON line per file. */
import { LabError, invariant, toErrorData } from "../errors/labError.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { AnswerResult } from "../system/reading.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import type { Lab } from "../engine/lab.ts";
import { openRadiograph } from "./files.ts";
import { bundledManifest } from "./modelFiles.ts";
import { nodeLab } from "./nodeLab.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

const OPTIONS = {
  question: { type: "string" },
  model: { type: "string", default: defaultSpec().model.id },
} as const;

export async function askVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const { question, model } = values;
  if (question === undefined || positionals.length === 0) {
    throw new UsageError('ask needs a file and a question: lab ask FILE --question "TEXT".');
  }
  const manifest = await bundledManifest(model);
  const lab = nodeLab();
  for (const file of positionals) {
    try {
      const { statement, answer } = await ask(lab, file, question, {
        id: model,
        precision: manifest.defaultPrecision,
      });
      print({ file, model, precision: manifest.defaultPrecision, ...answer, saw: statement });
    } catch (error) {
      if (!isAboutTheFile(error)) throw error;
      const { code, message, hint } = toErrorData(error);
      print({ file, error: { code, message } });
      process.stderr.write(`${[message, hint].filter(Boolean).join(" ")}\n`);
      process.exitCode = 2;
    }
  }
}

/** A bad file is its own line; anything else ends the command. */
function isAboutTheFile(error: unknown): boolean {
  return error instanceof LabError && /^(file-|not-found)/.test(error.code);
}

/** The clean side of an experiment, nothing disturbed and nothing certified. */
async function ask(
  lab: Lab,
  file: string,
  question: string,
  model: { readonly id: string; readonly precision: string },
): Promise<{ readonly statement: string; readonly answer: AnswerResult }> {
  const radiograph = await openRadiograph(file);
  lab.addRadiograph(radiograph);
  const opening = defaultSpec();
  const spec = validateSpec({
    ...opening,
    case: { kind: "file", sha256: radiograph.rawSha256 },
    // As the page does: the file's own window where it has one.
    window: { kind: radiograph.vois.length > 0 ? "file" : "automatic" },
    model,
    question,
    stack: [],
    certificate: { ...opening.certificate, enabled: false },
  });
  let statement = "";
  for await (const event of lab.run(spec, "preview", { aborted: false })) {
    if (event.type !== "stage") continue;
    if (event.stage === "input") statement = event.payload.statement;
    if (event.stage !== "clean") continue;
    const { answer } = event.payload;
    invariant(answer, "a bundled model without answers");
    return { statement, answer };
  }
  invariant(false, "a run that ended before the clean answer");
}
