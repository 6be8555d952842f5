/**
 * Starts the engine, then reads the page's own code. Compiling the runtime takes longer than anything else at the start, and
 * the worker can do that while this thread is busy with components.
 */
import { createEngineClient } from "./engine/client.ts";
import type { EngineEvent } from "./engine/protocol.ts";
import { toErrorData } from "./errors/labError.ts";
import type { LabErrorData } from "./errors/labError.ts";
import { loadPart } from "./host/loadPart.ts";
import { backendWish } from "./state/backendWish.ts";

const early: EngineEvent[] = [];
let hear = (event: EngineEvent): void => void early.push(event);
const engine = createEngineClient({ onEvent: (event) => hear(event) });
let failure: unknown;
try {
  engine.start(backendWish());
} catch (error) {
  failure = error;
}

try {
  const { mount } = await loadPart(() => import("./mount.tsx"));
  await mount(engine, failure, (listener) => {
    hear = listener;
    early.forEach(listener);
  });
} catch (error) {
  showUnopened(toErrorData(error));
}

/** Without the components there is only this: what is wrong, and that a reload may help. */
function showUnopened({ message, hint }: LabErrorData): void {
  const alert = document.createElement("p");
  alert.setAttribute("role", "alert");
  alert.textContent = `${message} ${hint ?? ""}`;
  document.getElementById("root")?.replaceChildren(alert);
}
