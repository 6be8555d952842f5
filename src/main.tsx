/**
 * Starts the engine, then reads the page's own code. Compiling the runtime takes longer than anything else at the start, and
 * the worker can do that while this thread is busy with components.
 */
import { createEngineClient } from "./engine/client.ts";
import type { EngineEvent } from "./engine/protocol.ts";

const early: EngineEvent[] = [];
let hear = (event: EngineEvent): void => void early.push(event);
const engine = createEngineClient({ onEvent: (event) => hear(event) });
let failure: unknown;
try {
  engine.start(backendWish());
} catch (error) {
  failure = error;
}

const { mount } = await import("./mount.tsx");
mount(engine, failure, (listener) => {
  hear = listener;
  early.forEach(listener);
});

/** `?backend=wasm` or `?backend=webgpu` asks for one; anything else lets the engine measure. */
function backendWish(): "webgpu" | "wasm" | "auto" {
  const wish = new URLSearchParams(location.search).get("backend");
  return wish === "wasm" || wish === "webgpu" ? wish : "auto";
}
