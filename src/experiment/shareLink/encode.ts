/** Writes an experiment into a share link. */
import { LabError } from "../../errors/labError.ts";
import type { ReplayNumbers } from "../replaySchema.ts";
import type { StackItem } from "../spec.ts";
import { packStroke } from "../strokes.ts";
import { LINK_VERSION, MAX_LINK_CHARACTERS } from "./format.ts";
import type { SharedExperiment } from "./format.ts";
import { pack } from "./payload.ts";

/**
 * @returns the fragment, "#" included. Strokes off the lattice of strokes.ts are moved onto it.
 * @throws LabError "link-invalid" when the experiment is too large for a link.
 */
export function encodeShareLink(shared: SharedExperiment): string {
  const expected = shared.expected && shortened(shared.expected);
  const payload = {
    spec: { ...shared.spec, stack: shared.spec.stack.map(packItem) },
    view: shared.view,
    ...(expected ? { expected } : {}),
  };
  const { text, isReadable } = pack(payload);
  const version = expected?.graphs ? LINK_VERSION : 1;
  const fragment = `#p${version}.${text}`;
  if (!isReadable || fragment.length > MAX_LINK_CHARACTERS) {
    throw new LabError(
      "link-invalid",
      `This experiment needs a link of ${fragment.length} characters; ${MAX_LINK_CHARACTERS} is the most a link may have.`,
      { hint: "Erase some brush strokes, or save the run manifest instead." },
    );
  }
  return fragment;
}

/** Digits of a hash that tell two files apart. */
const HASH_DIGITS = 16;

/**
 * The graphs beside the model's that answers rest on, by the start of their hashes: a link promises no measurement. Words are
 * spelled as the model's version says.
 */
function shortened({ graphs = [], ...expected }: ReplayNumbers): ReplayNumbers {
  const named = graphs
    .filter(({ role, measuresOnly }) => role !== "tokenizer" && !measuresOnly)
    .map((part) => ({ ...part, sha256: part.sha256.slice(0, HASH_DIGITS) }));
  return named.length > 0 ? { ...expected, graphs: named } : expected;
}

function packItem(item: StackItem): unknown {
  if (item.type !== "perturbation" || !item.strokes) return item;
  return { ...item, strokes: item.strokes.map(packStroke) };
}
