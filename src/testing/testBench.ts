/** A bench without a page: the stores as components reach them, and what was asked of the engine. */
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { keepLocked } from "../lesson/room.ts";
import { createCaseStore } from "../state/caseStore.ts";
import { changeName } from "../state/changeName.ts";
import { createExperimentStore } from "../state/experimentStore.ts";
import { createHistory } from "../state/history.ts";
import { createKeyStore } from "../state/keyStore.ts";
import { createLessonStore } from "../state/lessonStore.ts";
import { createModelStore } from "../state/modelStore.ts";
import { createPageStore } from "../state/pageStore.ts";
import { createResultStore } from "../state/resultStore.ts";
import { createRoomStore } from "../state/roomStore.ts";
import { createViewStore } from "../state/viewStore.ts";
import { createWorklistStore } from "../state/worklistStore.ts";
import type { Stores } from "../ui/context/stores.ts";

export interface TestBench {
  readonly stores: Stores;
  cancels(): number;
}

export function testBench(): TestBench {
  let cancels = 0;
  const room = createRoomStore();
  const experiment = createExperimentStore(defaultSpec(), (next, before) =>
    keepLocked(next, before, room.getState().locks),
  );
  const view = createViewStore();
  let presses = 0;
  const stores: Stores = {
    experiment,
    view,
    // Every change counts as a press of its own.
    history: createHistory({ experiment, view }, { stamp: () => presses++, nameOf: changeName }),
    results: createResultStore(),
    cases: createCaseStore(),
    models: createModelStore(),
    page: createPageStore(),
    keys: createKeyStore(),
    lessons: createLessonStore(),
    room,
    worklist: createWorklistStore(),
    engine: {
      start: () => {},
      submit: () => 1,
      cancel: () => {},
      addRadiograph: () => {},
      forgetRadiograph: () => {},
      restart: () => {},
      proposeModel: () => Promise.reject(new Error("not asked")),
      proposeFolder: () => Promise.reject(new Error("not asked")),
      addModel: () => {},
      background: () => {
        throw new Error("not asked");
      },
    },
    link: { rerun: () => {}, restart: () => {}, cancel: () => void cancels++ },
    reload: () => {},
  };
  return { stores, cancels: () => cancels };
}
