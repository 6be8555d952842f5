/** The encoders that ship beside the decoders we use (WebAssembly, not ours): compressed pixels for round-trip tests. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

interface WasmEncoder {
  getDecodedBuffer(info: {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
    readonly isUsingColorTransform: boolean;
  }): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  setQuality?(...options: (boolean | number)[]): void;
  setDecompositions?(levels: number): void;
  setInterleaveMode?(mode: number): void;
  setProgressive?(progressive: boolean): void;
}
type Factory = (options: {
  wasmBinary: Uint8Array;
}) => Promise<Record<string, new () => WasmEncoder>>;

const ENCODERS = {
  "jpeg-ls": { module: "codec-charls/wasm", name: "JpegLSEncoder" },
  "jpeg-2000": { module: "codec-openjpeg/wasm", name: "J2KEncoder" },
  htj2k: { module: "codec-openjph/wasm", name: "HTJ2KEncoder" },
  jpeg: { module: "codec-libjpeg-turbo-8bit/wasm", name: "JPEGEncoder" },
} as const;

export interface EncoderInput {
  readonly rows: number;
  readonly cols: number;
  readonly bits: number;
  readonly channels?: number;
  readonly signed?: boolean;
  /** JPEG-LS: channel by channel instead of pixel by pixel, in the samples and in the file. */
  readonly planar?: boolean;
  /** JPEG: in several scans of rising detail. */
  readonly progressive?: boolean;
  readonly samples: ArrayLike<number>;
}

/** Lossless except for "jpeg" (quality 90; its encoder overruns its buffer on pictures much smaller than 64 x 64). */
export async function encodeWith(
  format: keyof typeof ENCODERS,
  input: EncoderInput,
): Promise<Uint8Array> {
  const Encoder = await encoderClass(format);
  const encoder = new Encoder();
  const target = encoder.getDecodedBuffer({
    width: input.cols,
    height: input.rows,
    bitsPerSample: input.bits,
    componentCount: input.channels ?? 1,
    isSigned: input.signed ?? false,
    isUsingColorTransform: false,
  });
  const samples = input.bits > 8 ? Uint16Array.from(input.samples) : Uint8Array.from(input.samples);
  target.set(new Uint8Array(samples.buffer));
  if (format === "jpeg") {
    encoder.setQuality?.(90);
    encoder.setProgressive?.(input.progressive ?? false);
  }
  if (format === "jpeg-2000" || format === "htj2k") {
    encoder.setQuality?.(true, 0);
    // Small test pictures have no room for the default of five wavelet levels.
    encoder.setDecompositions?.(2);
  }
  if (format === "jpeg-ls" && input.channels === 3) {
    encoder.setInterleaveMode?.(input.planar === true ? 0 : 2);
  }
  encoder.encode();
  return Uint8Array.from(encoder.getEncodedBuffer());
}

type EncoderClass = new () => WasmEncoder;

const loaded = new Map<keyof typeof ENCODERS, Promise<EncoderClass>>();

function encoderClass(format: keyof typeof ENCODERS): Promise<EncoderClass> {
  const encoder = loaded.get(format) ?? loadEncoder(format);
  loaded.set(format, encoder);
  return encoder;
}

async function loadEncoder(format: keyof typeof ENCODERS): Promise<EncoderClass> {
  const { module, name } = ENCODERS[format];
  const { resolve } = createRequire(import.meta.url);
  const { default: create } = (await import(resolve(`@cornerstonejs/${module}js`))) as {
    default: Factory;
  };
  const wasmBinary = await readFile(resolve(`@cornerstonejs/${module}`));
  return (await create({ wasmBinary }))[name]!;
}
