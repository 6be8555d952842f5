/** The shape that the four WebAssembly codecs share, as their JavaScript glue presents it. */

export interface WasmFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}

export interface WasmDecoder {
  /** Memory of the codec for `length` bytes of codestream; valid until the next call. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): WasmFrameInfo;
  /** Memory of the codec with the decoded samples, native little-endian; copy before the next call. */
  getDecodedBuffer(): Uint8Array;
  /** JPEG-LS only: 0 when each channel is a plane of its own. */
  getInterleaveMode?(): number;
  delete(): void;
}

/** @public for codecModules.d.ts, which tools that look for unused exports do not see. */
export type WasmCodecFactory<DecoderName extends string> = (options: {
  readonly wasmBinary: Uint8Array;
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}) => Promise<Record<DecoderName, new () => WasmDecoder>>;
