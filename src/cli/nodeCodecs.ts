/** The codecs' WebAssembly from node_modules, for Node. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { CodecHost, CodecName } from "../io/codecs.ts";

const MODULES: Readonly<Record<CodecName, string>> = {
  charls: "@cornerstonejs/codec-charls/decodewasm",
  openjpeg: "@cornerstonejs/codec-openjpeg/decodewasm",
  openjph: "@cornerstonejs/codec-openjph/wasm",
  "libjpeg-turbo": "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm",
};

const { resolve } = createRequire(import.meta.url);

export const nodeCodecs: CodecHost = {
  wasmBinary: (codec) => readFile(resolve(MODULES[codec])),
};
