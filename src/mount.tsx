/** Mounts the bench and joins it to the engine that main.tsx has started. */
import "./ui/kit/mantine.css";
import "./ui/kit/tokens.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { EngineClient } from "./engine/client.ts";
import type { EngineEvent } from "./engine/protocol.ts";
import { toErrorData } from "./errors/labError.ts";
import { defaultSpec } from "./experiment/defaultSpec.ts";
import { loadPart } from "./host/loadPart.ts";
import { keepLocked } from "./lesson/room.ts";
import { createCaseStore } from "./state/caseStore.ts";
import { createEngineLink } from "./state/connectEngine.ts";
import { createExperimentStore } from "./state/experimentStore.ts";
import { createHistory } from "./state/history.ts";
import type { HistoryHost } from "./state/history.ts";
import { createLessonStore } from "./state/lessonStore.ts";
import { createModelStore } from "./state/modelStore.ts";
import { createKeyStore } from "./state/keyStore.ts";
import { createPageStore } from "./state/pageStore.ts";
import { createResultStore } from "./state/resultStore.ts";
import { createRoomStore } from "./state/roomStore.ts";
import { createWorklistStore } from "./state/worklistStore.ts";
import { createViewStore } from "./state/viewStore.ts";
import { App } from "./ui/app/App.tsx";
import { followTheme } from "./ui/context/appearance.ts";
import { ErrorBoundary } from "./ui/context/ErrorBoundary.tsx";
import { StoresContext } from "./ui/context/stores.ts";
import type { Stores } from "./ui/context/stores.ts";
import { theme } from "./ui/kit/theme.ts";
import { openLanguage } from "./ui/locale/locale.ts";
import { keepPage } from "./ui/offline/serviceWorker.ts";
import { followLinks } from "./ui/share/followLinks.ts";
import { prepareReload, reloadKeepingWork } from "./ui/share/reloadKeepingWork.ts";

/**
 * @param engine started already, or what kept it from starting.
 * @param listen takes the one listener of the engine's events; those from before are delivered at once.
 */
export async function mount(
  engine: EngineClient,
  failure: unknown,
  listen: (listener: (event: EngineEvent) => void) => void,
): Promise<void> {
  const room = createRoomStore();
  const experiment = createExperimentStore(defaultSpec(), (next, before) =>
    keepLocked(next, before, room.getState().locks),
  );
  const results = createResultStore();
  const view = createViewStore();
  const cases = createCaseStore();
  const link = createEngineLink(
    { experiment, results },
    {
      // In a task of its own after the frame: rendering and painting in one task would be one long pause.
      request: (callback) => requestAnimationFrame(() => setTimeout(callback)),
      soon: (callback) => setTimeout(callback),
      wait: (ms, callback) => setTimeout(callback, ms),
    },
  );
  const models = createModelStore();
  const page = createPageStore();
  const keys = createKeyStore();
  const worklist = createWorklistStore();
  let nameOf: HistoryHost["nameOf"] = () => "";
  const stores: Stores = {
    experiment,
    history: createHistory(
      { experiment, view },
      { stamp: pressCounter(), nameOf: (...specs) => nameOf(...specs) },
    ),
    results,
    view,
    cases,
    models,
    page,
    keys,
    lessons: createLessonStore(),
    room,
    worklist,
    engine,
    link,
    reload: () => void reloadKeepingWork(stores),
  };
  const unsubscribe = results.subscribe(({ stages, error }) => {
    if (!stages.readout && !error) return;
    unsubscribe();
    // Keeping the page reads and stores all of its files: that begins once the first answers stand, which it would hold up.
    void keepPage(page);
    prepareReload();
    // Names of edits wait for the first answer too; a page whose files are gone undoes without them.
    void import("./state/changeName.ts").then(
      ({ changeName }) => {
        nameOf = changeName;
        stores.history.getState().nameEdits();
      },
      () => {},
    );
  });
  const words = openLanguage(keys.getState().language).catch((error: unknown) =>
    results.getState().refuse(toErrorData(error)),
  );
  const looks = Promise.all([followTheme(keys, page), words]);
  listen(link.onEvent);

  try {
    await followLinks(stores, async (fragment) => {
      const { openRoom } = await loadPart(() => import("./ui/lessons/openRoom.ts"));
      await openRoom(stores, fragment);
    });
    if (failure !== undefined) throw failure;
    link.connect(engine);
  } catch (error) {
    results.getState().refuse(toErrorData(error));
  }

  await looks;
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <MantineProvider theme={theme} forceColorScheme="dark">
        <StoresContext.Provider value={stores}>
          <ErrorBoundary>
            <App />
          </ErrorBoundary>
        </StoresContext.Provider>
      </MantineProvider>
    </StrictMode>,
  );
}

/** Counts presses of pointer and keys: what one of them changes is one step of the history. */
function pressCounter(): () => number {
  let presses = 0;
  const count = () => void presses++;
  for (const type of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(type, count, { capture: true, passive: true });
  }
  return () => presses;
}
