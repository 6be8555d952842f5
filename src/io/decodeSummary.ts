/** What can be said about a decoded file without showing it: size and hashes of exact pixels. */
import type { Radiograph } from "../image/radiograph.ts";
import { defaultVoi, renderBytes } from "../image/voi.ts";
import { sha256Hex } from "../host/sha256.ts";

export interface DecodeSummary {
  readonly rows: number;
  readonly cols: number;
  /** SHA-256 of the stored values, see `Radiograph.rawSha256`. */
  readonly rawSha256: string;
  /** SHA-256 of the 8-bit picture the default window gives, MONOCHROME1 inverted. */
  readonly displaySha256: string;
  readonly notices: readonly string[];
}

export async function decodeSummary(radiograph: Radiograph): Promise<DecodeSummary> {
  const display = Uint8Array.from(renderBytes(radiograph, defaultVoi(radiograph)));
  return {
    rows: radiograph.rows,
    cols: radiograph.cols,
    rawSha256: radiograph.rawSha256,
    displaySha256: await sha256Hex(display),
    notices: radiograph.notices,
  };
}

/** SHA-256 (hex) of integers as little-endian int32. */
export async function hashStoredValues(stored: Int32Array): Promise<string> {
  const bytes = new Uint8Array(stored.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < stored.length; i++) view.setInt32(4 * i, stored[i]!, true);
  return sha256Hex(bytes);
}
