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
