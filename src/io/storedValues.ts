/** From sample bytes to stored values: byte order, the bits in use, the sign. */
import type { DecodedFrame } from "./codecs.ts";

export interface SampleLayout {
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly bigEndian: boolean;
  /** 8-bit pixels stand in exchanged pairs, see `DicomImage`. */
  readonly pairsExchanged: boolean;
}

/** Uncompressed samples in file order; length is the number of whole samples in `bytes`. */
export function readNativeSamples(bytes: Uint8Array, layout: SampleLayout): Int32Array {
  const size = layout.bitsAllocated / 8;
  const out = new Int32Array(Math.floor(bytes.length / size));
  const little = !layout.bigEndian;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 1) {
    out.set(bytes);
    if (layout.pairsExchanged) exchangePairs(out);
  } else if (size === 2) {
    for (let i = 0; i < out.length; i++) out[i] = view.getUint16(2 * i, little);
  } else {
    for (let i = 0; i < out.length; i++) out[i] = view.getInt32(4 * i, little);
  }
  keepStoredBits(out, layout);
  return out;
}

export interface CodedSamples {
  /** Bits per sample of the codestream. */
  readonly precision: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Bits above the stored ones belong to overlays. */
  readonly hasOverlayBits: boolean;
  /** The codestream says itself whether samples are signed (JPEG 2000), and what its sign bit is. */
  readonly knowsSign: boolean;
}

/**
 * Samples of a codestream, whose own precision counts: a header that claims fewer bits would cut values off. JPEG-LS and
 * JPEG lossless carry no sign, so it comes from the header; that of JPEG 2000 wins where the header denies it.
 */
export function readDecodedSamples({ data }: DecodedFrame, coded: CodedSamples): Int32Array {
  const out = Int32Array.from(data);
  const signed = coded.signed || data instanceof Int8Array || data instanceof Int16Array;
  const bits = coded.hasOverlayBits ? coded.bitsStored : usedBits(out, coded);
  keepStoredBits(out, { bitsStored: bits, highBit: bits - 1, signed });
  return out;
}

/**
 * Where the sign is only in the header, so is its bit, as long as nothing stands above it: negative values of 12 bits may
 * be coded as words of 16.
 */
function usedBits(values: Int32Array, coded: CodedSamples): number {
  const { precision, bitsStored, signed, knowsSign } = coded;
  if (!signed || knowsSign || precision <= bitsStored) return precision;
  return values.every((value) => value < 2 ** bitsStored) ? bitsStored : precision;
}

/** Drops bits outside the stored ones (overlays, rubbish) and extends the sign, in place. */
function keepStoredBits(
  values: Int32Array,
  { bitsStored, highBit, signed }: { bitsStored: number; highBit: number; signed: boolean },
): void {
  if (bitsStored === 32) return;
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  if (signed) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! << up) >> down;
  } else {
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! << up) >>> down;
  }
}

function exchangePairs(values: Int32Array): void {
  for (let i = 0; i + 1 < values.length; i += 2) {
    const first = values[i]!;
    values[i] = values[i + 1]!;
    values[i + 1] = first;
  }
}
