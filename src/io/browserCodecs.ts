/** The codecs' WebAssembly as files of our own origin, fetched when a file first needs them. */
import charls from "@cornerstonejs/codec-charls/decodewasm?url";
import libjpegTurbo from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasm?url";
import openjph from "@cornerstonejs/codec-openjph/wasm?url";
import { CACHES, keep, readKept } from "../host/fileCache.ts";
import { partMissing } from "../host/loadPart.ts";
import type { CodecHost, CodecName } from "./codecs.ts";

const URLS: Readonly<Record<CodecName, string>> = {
  charls,
  openjpeg,
  openjph,
  "libjpeg-turbo": libjpegTurbo,
};

/** @throws LabError "page-outdated" when the file can't be fetched and is not kept either */
export const browserCodecs: CodecHost = {
  wasmBinary: async (codec) => {
    const url = new URL(URLS[codec], self.location.href).href;
    const response = await fetch(url).catch(() => undefined);
    if (!response?.ok) {
      const kept = await readKept(CACHES.runtime, url);
      if (kept) return kept;
      throw partMissing();
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    void keep(CACHES.runtime, url, bytes);
    return bytes;
  },
};
