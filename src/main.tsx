/** Mounts the bench, makes the engine client and joins it to the stores; nothing else. */
import "./ui/app/mantine.css";
import "./ui/app/tokens.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createEngineClient } from "./engine/client.ts";
import { toErrorData } from "./errors/labError.ts";
import { defaultSpec } from "./experiment/defaultSpec.ts";
import { createCaseStore } from "./state/caseStore.ts";
import { createEngineLink } from "./state/connectEngine.ts";
import { createExperimentStore } from "./state/experimentStore.ts";
import { createModelStore } from "./state/modelStore.ts";
import { createResultStore } from "./state/resultStore.ts";
import { createViewStore } from "./state/viewStore.ts";
import { App } from "./ui/app/App.tsx";
import { StoresContext } from "./ui/app/stores.ts";
import { theme } from "./ui/app/theme.ts";
import { followLinks } from "./ui/share/followLinks.ts";

const experiment = createExperimentStore(defaultSpec());
const results = createResultStore();
const view = createViewStore();
const cases = createCaseStore();
const link = createEngineLink(
  { experiment, results },
  {
    // In a task of its own after the frame: rendering and painting in one task would be one long pause.
    request: (callback) => requestAnimationFrame(() => setTimeout(callback)),
    wait: (ms, callback) => setTimeout(callback, ms),
  },
);
const models = createModelStore();
const engine = createEngineClient({
  onEvent: (event) => {
    models.getState().apply(event);
    link.onEvent(event);
  },
});
const stores = { experiment, results, view, cases, models, engine, link };

try {
  followLinks(stores);
  engine.start(backendWish());
  link.connect(engine);
} catch (error) {
  results.getState().refuse(toErrorData(error));
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} forceColorScheme="dark">
      <StoresContext.Provider value={stores}>
        <App />
      </StoresContext.Provider>
    </MantineProvider>
  </StrictMode>,
);

/** `?backend=wasm` or `?backend=webgpu` asks for one; anything else lets the engine measure. */
function backendWish(): "webgpu" | "wasm" | "auto" {
  const wish = new URLSearchParams(location.search).get("backend");
  return wish === "wasm" || wish === "webgpu" ? wish : "auto";
}
