/** The toolkit's GraphRunner over onnxruntime-web's WebAssembly build in Node, for tests. */
import { wasmSessions } from "../cli/wasmSessions.ts";
import { oneShotRunner } from "../graphs/runners.ts";

/** Runs a model once in a new session, optimised as the page's are. */
export const wasmRunner = oneShotRunner(wasmSessions(), "all");
