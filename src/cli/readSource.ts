/** An experiment as the command line names it. */
import { buffer } from "node:stream/consumers";
import { LabError } from "../errors/labError.ts";
import { looksLikeLink } from "../experiment/shareLink/decode.ts";
import type { CaseSpec } from "../experiment/spec.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { openRadiograph, readBytes } from "./files.ts";
import { UsageError } from "./usageError.ts";

/** A link stands on the command line itself; everything else is a file, or standard input for "-". */
export async function readSource(source: string): Promise<string> {
  if (looksLikeLink(source)) return source;
  const bytes =
    source === "-" ? new Uint8Array(await buffer(process.stdin)) : await readBytes(source);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const what = source === "-" ? "Standard input" : `The file ${source}`;
    throw new LabError("spec-invalid", `${what} is not text.`, {
      hint: "lab --help shows a whole experiment.",
      cause,
    });
  }
}

/** The film an experiment is about. @throws UsageError where none is named; LabError "file-mismatch" for another one */
export async function radiographOf(
  { sha256, frame = 1 }: Extract<CaseSpec, { kind: "file" }>,
  file: string | undefined,
): Promise<Radiograph> {
  if (file === undefined) {
    throw new UsageError("The experiment is about a file: name it with --file FILE.");
  }
  const radiograph = await openRadiograph(file, { sha256, frame: frame - 1 });
  if (radiograph.rawSha256 === sha256) return radiograph;
  const { frame: several } = radiograph;
  throw new LabError(
    "file-mismatch",
    several
      ? `The experiment is about another picture: none of the ${several.count} in ${file} has pixel hash ${sha256.slice(0, 12)}.`
      : `The experiment is about another picture: ${file} has pixel hash ${radiograph.rawSha256.slice(0, 12)}, not ${sha256.slice(0, 12)}.`,
  );
}
