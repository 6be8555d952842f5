/** What passes between decodeClient.ts and decode.worker.ts: one file in, one radiograph or one error out. */
import type { LabErrorData } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";

export interface DecodeRequest {
  readonly id: number;
  /** Transferred, not copied. */
  readonly bytes: ArrayBuffer;
}

export type DecodeResponse =
  | { readonly id: number; readonly radiograph: Radiograph }
  | { readonly id: number; readonly error: LabErrorData };
