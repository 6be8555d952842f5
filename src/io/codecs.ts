// oxlint-disable-next-line typescript/triple-slash-reference -- ambient types of untyped packages have no name to import
/// <reference path="./codecModules.d.ts" />
/**
 * The decoders of compressed pixels, loaded only when a file needs one. Their WebAssembly comes from the host, which
 * knows where files are: a URL of our own origin in the browser, node_modules in Node.
 */
import { LabError } from "../errors/labError.ts";
import { loadPart } from "../host/loadPart.ts";
import {
  completed,
  cutOffCodestream,
  damagedCodestream,
  FORMAT_NAMES,
} from "./codestreamHeader.ts";
import type { CodestreamFormat, CodestreamHeader } from "./codestreamHeader.ts";
import { decodeJpegExtended } from "./jpegExtended.ts";
import { decodeJpegLossless } from "./jpegLossless.ts";
import type { WasmDecoder } from "./wasmCodec.ts";

export type CodecName = "charls" | "openjpeg" | "openjph" | "libjpeg-turbo";

export interface CodecHost {
  /** The compiled code of one codec. */
  wasmBinary(codec: CodecName): Promise<Uint8Array>;
}

/** Samples as the codestream holds them, not yet masked. */
export interface DecodedFrame {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /** Channel by channel instead of pixel by pixel. */
  readonly planar: boolean;
  readonly data: Uint8Array | Uint16Array | Int8Array | Int16Array;
}

type DecoderClass = new () => WasmDecoder;

/** Formats that WebAssembly decodes; the others are decoded in JavaScript. */
type WasmFormat = Exclude<CodestreamFormat, "jpeg-lossless" | "jpeg-dct-12">;

const CODEC_OF: Readonly<Record<WasmFormat, CodecName>> = {
  "jpeg-dct": "libjpeg-turbo",
  "jpeg-ls": "charls",
  "jpeg-2000": "openjpeg",
  htj2k: "openjph",
};

/**
 * Decodes one picture. The header has been compared with what the file says; here the result is compared with it.
 * @throws LabError "file-truncated", "file-damaged", "file-unsupported" (over 16 bits)
 */
export async function decodeCodestream(
  bytes: Uint8Array,
  header: CodestreamHeader,
  host: CodecHost,
): Promise<DecodedFrame> {
  const name = FORMAT_NAMES[header.format];
  if (header.precision > 16) {
    throw new LabError(
      "file-unsupported",
      `${name} with ${header.precision} bits a pixel is not supported.`,
    );
  }
  const frame = await decodeBy(header, bytes.subarray(header.start), host);
  const isAsDeclared =
    frame.rows === header.rows &&
    frame.cols === header.cols &&
    frame.data.length === header.rows * header.cols * frame.channels;
  if (!isAsDeclared) throw damagedCodestream(name);
  return frame;
}

async function decodeBy(
  header: CodestreamHeader,
  bytes: Uint8Array,
  host: CodecHost,
): Promise<DecodedFrame> {
  const { format, rows, cols } = header;
  switch (format) {
    case "jpeg-lossless":
      return decodeJpegLossless(bytes);
    case "jpeg-dct-12":
      return { rows, cols, channels: 1, planar: false, data: decodeJpegExtended(bytes) };
    default:
      return decodeWasm(bytes, format, host);
  }
}

async function decodeWasm(
  stream: Uint8Array,
  format: WasmFormat,
  host: CodecHost,
): Promise<DecodedFrame> {
  const bytes = completed(stream, format);
  if (!bytes) throw cutOffCodestream(FORMAT_NAMES[format]);
  const codec = CODEC_OF[format];
  const Decoder = await decoderClass(codec, host);
  try {
    const decoder = new Decoder();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const info = decoder.getFrameInfo();
    // A copy: the codec's memory is reused, and the view must be aligned for 16-bit samples.
    const samples = Uint8Array.from(decoder.getDecodedBuffer()).buffer;
    const planar = decoder.getInterleaveMode?.() === 0;
    decoder.delete();
    return {
      rows: info.height,
      cols: info.width,
      channels: info.componentCount,
      planar,
      data: viewSamples(samples, info.bitsPerSample > 8, info.isSigned === true),
    };
  } catch (error) {
    // A codec that has thrown may be out of memory or inconsistent: the next file gets a fresh one.
    loaded.get(host)?.delete(codec);
    throw damagedCodestream(FORMAT_NAMES[format], error);
  }
}

function viewSamples(samples: ArrayBuffer, wide: boolean, signed: boolean): DecodedFrame["data"] {
  if (wide) return signed ? new Int16Array(samples) : new Uint16Array(samples);
  return signed ? new Int8Array(samples) : new Uint8Array(samples);
}

const loaded = new WeakMap<CodecHost, Map<CodecName, Promise<DecoderClass>>>();

function decoderClass(codec: CodecName, host: CodecHost): Promise<DecoderClass> {
  const ofHost = loaded.get(host) ?? new Map<CodecName, Promise<DecoderClass>>();
  loaded.set(host, ofHost);
  let decoder = ofHost.get(codec);
  if (!decoder) {
    decoder = loadPart(() => loadCodec(codec, host));
    ofHost.set(codec, decoder);
    decoder.catch(() => ofHost.delete(codec));
  }
  return decoder;
}

async function loadCodec(codec: CodecName, host: CodecHost): Promise<DecoderClass> {
  const silent = (): void => {};
  const options = { wasmBinary: await host.wasmBinary(codec), print: silent, printErr: silent };
  switch (codec) {
    case "charls": {
      const { default: create } = await import("@cornerstonejs/codec-charls/decodewasmjs");
      return (await create(options)).JpegLSDecoder;
    }
    case "openjpeg": {
      const { default: create } = await import("@cornerstonejs/codec-openjpeg/decodewasmjs");
      return (await create(options)).J2KDecoder;
    }
    case "openjph": {
      const { default: create } = await import("@cornerstonejs/codec-openjph/wasmjs");
      return (await create(options)).HTJ2KDecoder;
    }
    case "libjpeg-turbo": {
      const { default: create } =
        await import("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs");
      return (await create(options)).JPEGDecoder;
    }
  }
}
