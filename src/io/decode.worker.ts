/**
 * Reads user files off the main thread. Nothing but the radiograph leaves: the file's bytes and everything else in it
 * stay here and go with the next garbage collection.
 */
import { toErrorData } from "../errors/labError.ts";
import { browserCodecs } from "./browserCodecs.ts";
import type { DecodeRequest, DecodeResponse } from "./decodeProtocol.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.addEventListener("message", ({ data }: MessageEvent<DecodeRequest>) => {
  void answer(data);
});

async function answer({ id, bytes }: DecodeRequest): Promise<void> {
  try {
    const radiograph = await loadRadiograph(new Uint8Array(bytes), browserCodecs);
    reply({ id, radiograph }, [radiograph.values.buffer as ArrayBuffer]);
  } catch (error) {
    reply({ id, error: toErrorData(error) });
  }
}

function reply(response: DecodeResponse, transfer: Transferable[] = []): void {
  scope.postMessage(response, transfer);
}
