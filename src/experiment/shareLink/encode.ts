/** Writes an experiment into a share link. */
import { deflateSync, strToU8 } from "fflate";
import { LabError } from "../../errors/labError.ts";
import { toBase64Url } from "../../host/base64url.ts";
import type { StackItem } from "../spec.ts";
import { packStroke } from "../strokes.ts";
import {
  DICTIONARY_1,
  LINK_VERSION,
  MAX_LINK_CHARACTERS,
  MAX_PAYLOAD_BYTES,
  crc32,
} from "./format.ts";
import type { SharedExperiment } from "./format.ts";

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
  const text = strToU8(JSON.stringify(payload));
  const body = deflateSync(text, { level: 9, mem: 8, dictionary: DICTIONARY_1 });
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  bytes.set(body, 4);
  const fragment = `#p${LINK_VERSION}.${toBase64Url(bytes)}`;
  if (text.length > MAX_PAYLOAD_BYTES || fragment.length > MAX_LINK_CHARACTERS) {
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
