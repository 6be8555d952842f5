/** Writes an experiment into a share link. */
import { LabError } from "../../errors/labError.ts";
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
  const payload = {
    spec: { ...shared.spec, stack: shared.spec.stack.map(packItem) },
    view: shared.view,
    ...(shared.expected ? { expected: shared.expected } : {}),
  };
  const { text, isReadable } = pack(payload);
  const fragment = `#p${LINK_VERSION}.${text}`;
  if (!isReadable || fragment.length > MAX_LINK_CHARACTERS) {
    throw new LabError(
      "link-invalid",
      `This experiment needs a link of ${fragment.length} characters; ${MAX_LINK_CHARACTERS} is the most a link may have.`,
      { hint: "Erase some brush strokes, or save the run manifest instead." },
    );
  }
  return fragment;
}

function packItem(item: StackItem): unknown {
  if (item.type !== "perturbation" || !item.strokes) return item;
  return { ...item, strokes: item.strokes.map(packStroke) };
}
