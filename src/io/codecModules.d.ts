/** The parts we use of packages that ship no types. */

declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: import("./wasmCodec.ts").WasmCodecFactory<"JpegLSDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: import("./wasmCodec.ts").WasmCodecFactory<"J2KDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs" {
  const create: import("./wasmCodec.ts").WasmCodecFactory<"JPEGDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  const create: import("./wasmCodec.ts").WasmCodecFactory<"HTJ2KDecoder">;
  export default create;
}
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** Rows finished, and rows declared. */
    readonly yLoc: number;
    readonly yDim: number;
    /** Bytes read so far are those before `index`. */
    readonly stream: { readonly index: number } | null;
    /** Unsigned samples; `numBytes` per sample is 1 or 2. @throws Error on a damaged stream */
    decode(
      buffer: ArrayBuffer,
      offset: number,
      length: number,
      numBytes: number,
    ): Uint8Array | Uint16Array | null;
  }
}
