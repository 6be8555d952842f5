/** The codecs' WebAssembly as files of our own origin, fetched when a file first needs them. */
import charls from "@cornerstonejs/codec-charls/decodewasm?url";
import libjpegTurbo from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasm?url";
import openjph from "@cornerstonejs/codec-openjph/wasm?url";
import { LabError } from "../errors/labError.ts";
import type { CodecHost, CodecName } from "./codecs.ts";

const URLS: Readonly<Record<CodecName, string>> = {
  charls,
  openjpeg,
  openjph,
  "libjpeg-turbo": libjpegTurbo,
};

export const browserCodecs: CodecHost = {
  wasmBinary: async (codec) => {
    const response = await fetch(URLS[codec]);
    if (!response.ok) {
      throw new LabError(
        "internal",
        `The decoder for this file could not be loaded (${response.status}).`,
        {
          hint: "Check the connection and reload the page.",
        },
      );
    }
    return new Uint8Array(await response.arrayBuffer());
  },
};
