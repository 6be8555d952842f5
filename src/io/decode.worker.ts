/**
 * Reads user files off the main thread. Nothing but the radiograph leaves: the file's bytes and everything else in it
 * stay here and go with the next garbage collection.
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
};

serveCalls(service);
