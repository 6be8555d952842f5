/**
 * Reads user files off the main thread. Nothing but the radiograph leaves, and of the header what is asked for: the file's bytes and
 * everything else in it stay here and go with the next garbage collection.
 */
import { moving, serveCalls } from "../host/workers.ts";
import { browserCodecs } from "./browserCodecs.ts";
import type { DecodeService } from "./decodeClient.ts";
import { findPicture } from "./loadRadiograph.ts";

const service: DecodeService = {
  read: async (bytes, wanted) => {
    const radiograph = await findPicture(new Uint8Array(bytes), browserCodecs, wanted);
    return moving(radiograph, [radiograph.values.buffer as ArrayBuffer]);
  },
  // Fetched with the first header that is looked at.
  header: async (bytes, isRevealed) =>
    (await import("./dicomHeader.ts")).headerOf(new Uint8Array(bytes), isRevealed),
};

serveCalls(service);
