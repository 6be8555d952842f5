/**
 * A radiograph as the lab holds it: modality values (after rescale slope and intercept or the Modality LUT, before any
 * window), their geometry and what is needed to display them. It carries nothing about the patient: no name, no date,
 * no UID, no file name.
 */

export type Photometric = "MONOCHROME1" | "MONOCHROME2";

/** A value-of-interest window in modality units (PS3.3 C.11.2). */
export interface VoiWindow {
  readonly kind: "linear" | "linear_exact" | "sigmoid";
  readonly center: number;
  /** Above 0; at least 1 for kind "linear". */
  readonly width: number;
  /** The file's own name for the window, such as "LUNG". */
  readonly explanation?: string;
}

/** A value-of-interest lookup table: entry i maps the modality value `firstValue + i`; values beyond either end clamp. */
export interface VoiTable {
  readonly kind: "table";
  readonly firstValue: number;
  /** Output depth: entries run over [0, 2^bits - 1]. */
  readonly bits: number;
  readonly entries: Uint16Array;
  readonly explanation?: string;
}

export type Voi = VoiWindow | VoiTable;

/** Modality values low..high (both included) mark pixels outside the exposed field. */
export interface PaddingRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Distance between pixel centres in millimetres, and the plane it holds in. A projection magnifies: what lies in the patient
 * is smaller than its shadow on the detector, and only a calibrated spacing or a stated magnification says by how much.
 */
export interface PixelSpacing {
  readonly row: number;
  readonly col: number;
  /** "patient": calibrated by the sender; "film": of a scanned film; "unstated": the file does not say where it holds. */
  readonly plane: "detector" | "patient" | "film" | "unstated";
  /** Estimated size of the shadow over size in the patient (PS3.3 C.8.7.3), above 1. */
  readonly magnification?: number;
}

/** How a film was taken, where its file says so; nothing in it names a person or a place. */
export interface Acquisition {
  /** "DX", "CR". */
  readonly modality?: string;
  /** "PA", "AP", "LL". */
  readonly view?: string;
  readonly kilovolts?: number;
  readonly exposureMas?: number;
  /** What the maker calls the machine. */
  readonly device?: string;
}

/** Which of the pictures in a file it is. */
export interface FrameOf {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** What a list of films that takes one picture of each file says of a file with several. */
export function othersLeftOut({ count }: FrameOf): string {
  return `pictures 2 to ${count} of it; the first is taken.`;
}

export interface Radiograph {
  /** Of a file that holds several pictures. */
  readonly frame?: FrameOf;
  readonly rows: number;
  readonly cols: number;
  /** Modality values, row-major: integers as Int32Array, anything else as Float32Array. */
  readonly values: Int32Array | Float32Array;
  /** Depth of the stored values before rescaling. */
  readonly bitsStored: number;
  /** MONOCHROME1 shows the lowest value white. */
  readonly photometric: Photometric;
  /** What the file asks to be shown with; the first is the default, an empty list means none. */
  readonly vois: readonly Voi[];
  readonly pixelSpacingMm?: PixelSpacing;
  readonly acquisition?: Acquisition;
  /** Stored value times slope plus intercept is the modality value; absent where that is no line, or nothing is stored. */
  readonly rescale?: { readonly slope: number; readonly intercept: number };
  /** Height of a pixel over its width; 1 for square pixels. */
  readonly pixelAspect: number;
  readonly padding?: PaddingRange;
  /** What a reader should know about how the file was opened, one sentence each. */
  readonly notices: readonly string[];
  readonly source: "dicom" | "png" | "jpeg" | "tiff";
  /**
   * SHA-256 (hex) of the stored values as int32 little-endian, masked to BitsStored and sign-extended, before rescale.
   * It names the picture in share links.
   */
  readonly rawSha256: string;
}

/** Whether a value marks a pixel outside the exposed field. */
export function isPadding(value: number, { padding }: Pick<Radiograph, "padding">): boolean {
  return padding !== undefined && value >= padding.low && value <= padding.high;
}
