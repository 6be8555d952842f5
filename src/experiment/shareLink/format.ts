/**
 * The form of a share link: `#p1.<base64url>` (or `#p2.`), which is four bytes CRC-32 (big endian) of the payload text, then the payload,
 * raw DEFLATE with a preset dictionary. The payload is JSON: the spec with strokes packed (strokes.ts), what the sender's
 * screen showed, and the numbers the sender saw. A link holds no pixel, no file name and no tag. It is a URL fragment, which
 * never reaches a server.
 */
import { strToU8 } from "fflate";
import type { ReplayNumbers } from "../replaySchema.ts";
import type { ExperimentSpec } from "../spec.ts";

/** What the sender's screen showed; the view store decides which keys it knows and checks their values. */
export type SharedView = Readonly<Record<string, string | number | boolean>>;

export interface SharedExperiment {
  readonly spec: ExperimentSpec;
  readonly view: SharedView;
  /** Numbers the sender saw; absent when the run had not finished. */
  readonly expected?: ReplayNumbers;
}

/** The newest. A link is written in the oldest version that can say what it says: version 2 names graphs beside the model's. */
export const LINK_VERSION = 2;

/** A fragment longer than this is not looked at. */
export const MAX_LINK_CHARACTERS = 64_000;
/** A payload that expands beyond this is not a link of ours. */
export const MAX_PAYLOAD_BYTES = 512 * 1024;

/** Preset dictionary of version 1: text that every payload repeats. Part of the format: never edit it. */
export const DICTIONARY_1 = strToU8(
  '{"expected":{"answerClean":"no","answerDisturbed":"yes","marginClean":,"marginDisturbed":-,"featureCosine":0.,' +
    '"backend":"webgpu","backend":"wasm","precision":"int8","modelId":"","modelSha256":""},"kind":"file","sha256":"",' +
    '{"kind":"manual","center":,"width":},{"kind":"automatic"},{"kind":"full"},"norm":"l2","goal":{"kind":"say","answer":"' +
    '"goal":{"kind":"untargeted"},"relativeStep":0.25,"restarts":1,"steps":10,"strokes":[[],"params":{"strength":' +
    '{"type":"perturbation","id":"","perturbation":"gaussianNoise","enabled":true,"seed":1,' +
    '{"type":"attack","id":"","attack":"pgd","enabled":true,"seed":1,"norm":"linf","epsilon":' +
    '"window":{"kind":"file"},"model":{"id":"penumbra","precision":"fp32"},"question":"Is there a ?",' +
    '"findings":[{"kind":"pleuralEffusion","side":"left","amount":' +
    '"certificate":{"enabled":true,"sigma":0.1,"alpha":0.001,"maxSamples":1000,"seed":1}},"view":{"overlay":' +
    '{"spec":{"version":1,"case":{"kind":"phantom","phantom":{"seed":',
);

/** CRC-32 as in gzip (ISO 3309, reflected polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
