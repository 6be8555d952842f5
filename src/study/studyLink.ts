/**
 * A study as a link, `#s1.<payload>` (payload as in experiment/shareLink): the study and nothing else, so never a pixel, a
 * file's name or a row. A URL fragment never reaches a server.
 */
import { LabError } from "../errors/labError.ts";
import { MAX_LINK_CHARACTERS } from "../experiment/shareLink/format.ts";
import { invalidLink, pack, parseJson, unpack } from "../experiment/shareLink/payload.ts";
import { fromBase64Url } from "../host/base64url.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./schema.ts";

const START = "#s1.";

/**
 * @returns the fragment, "#" included
 * @throws LabError "link-invalid" for a study that is too large for one, or that names a folder of this machine
 */
export function encodeStudyLink(study: Study): string {
  if (study.cases.some(({ kind }) => kind === "folder")) {
    throw new LabError("link-invalid", "A folder of this machine can't be in a link.", {
      hint: "Run the study first: it then names its films by their pixels.",
    });
  }
  const { text, isReadable } = pack({ ...study, cases: study.cases.map(withoutPaths) });
  const fragment = START + text;
  if (isReadable && fragment.length <= MAX_LINK_CHARACTERS) return fragment;
  throw new LabError(
    "link-invalid",
    `This study needs a link of ${fragment.length} characters; ${MAX_LINK_CHARACTERS} is the most a link may have.`,
    { hint: "Send the study as a file instead." },
  );
}

/** @throws LabError "link-invalid" for what is no whole link, "spec-invalid" for a study that can't be */
export function decodeStudyLink(fragment: string): Study {
  if (fragment.length > MAX_LINK_CHARACTERS || !/^#s\d+\./.test(fragment)) {
    throw invalidLink("This is no link to a study.");
  }
  if (!fragment.startsWith(START)) {
    throw invalidLink("This link was made by a newer Penumbra.", "Open it in the newer version.");
  }
  // Chat programs hang punctuation and parameters on an address.
  const [payload = ""] = /^[\w-]*/.exec(fragment.slice(START.length)) ?? [];
  return parseStudy(parseJson(unpack(fromBase64Url(payload))));
}

function withoutPaths(set: Study["cases"][number]): Study["cases"][number] {
  if (set.kind !== "files") return set;
  const files = set.files.map(({ path: where, ...file }) => (where === undefined ? file : file));
  return { ...set, files };
}
