/**
 * The lanes of studies: engines of their own, one thread of WASM each in the background, which let the bench go first
 * between runs. The reader's engine never waits for them.
 */
import type { EngineEvent } from "../../engine/protocol.ts";
import { fault, fromErrorData, invariant } from "../../errors/labError.ts";
import type { RunEvent } from "../../experiment/results.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { sha256 } from "../../host/sha256.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { parseLinkManifest } from "../../model/linkManifest.ts";
import { graphsSha256, parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import type { Look } from "../../model/visionLanguageModel.ts";
import type { LaneEngine, LanePort } from "../../state/studyStore.ts";
import { measureRun } from "../../study/measureRun.ts";
import { graphsBeside } from "../../study/rowGraphs.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import type { StudyHost } from "../../study/runStudy.ts";
import { checkReadable } from "./brokenFilms.ts";
import { watchReader } from "./courtesy.ts";
import type { Courtesy } from "./courtesy.ts";

export interface StudyLanes extends StudyHost {
  /** Ends the workers; a later study starts others. */
  end(): void;
}

/** Each holds the runtime and a model, some hundred megabytes. */
const MOST_LANES = 4;

/** Workers for a study on so many cores: half of what is left beside the page, so that the bench keeps its own. */
export function laneCount(cores: number): number {
  return Math.max(1, Math.min(MOST_LANES, Math.floor((cores - 1) / 2)));
}

/** Rows of the tab come from one thread of WASM, whatever runs the bench. */
export function tabRowMaker(own: Readonly<Record<string, ModelManifest>>): RowMaker {
  const manifests = new Map<string, Promise<unknown>>();
  const described = (id: string) => {
    const known = manifests.get(id) ?? fetchManifest(id);
    manifests.set(id, known);
    return known;
  };
  const manifest = async (id: string) => {
    const json = own[id] ?? (await described(id));
    return json === undefined ? undefined : parseManifest(json);
  };
  const linkManifest = async (id: string) => {
    const json = await described(id);
    return json === undefined ? undefined : parseLinkManifest(json);
  };
  return {
    backend: "wasm",
    sha256: (text) =>
      Array.from(sha256(new TextEncoder().encode(text)), (byte) =>
        byte.toString(16).padStart(2, "0"),
      ).join(""),
    modelSha256: async (id, precision) => {
      const known = await manifest(id);
      try {
        return known ? graphsSha256(known, precision) : "";
      } catch {
        return "";
      }
    },
    graphsBeside: (spec) => graphsBeside(spec, { manifest, linkManifest }),
  };
}

async function fetchManifest(id: string): Promise<unknown> {
  const response = await fetch(new URL(`models/${id}/manifest.json`, document.baseURI));
  return response.ok ? await response.json() : undefined;
}

export interface LaneNeeds {
  readonly engine: LanePort;
  readonly maker: RowMaker;
  readonly radiographs: readonly Radiograph[];
  readonly workers: number;
  /** True while the reader waits for the bench. */
  isBenchBusy(): boolean;
}

export function startLanes(needs: LaneNeeds): StudyLanes {
  const courtesy = watchReader(needs.isBenchBusy, (isHeld) =>
    all.forEach((lane) => lane.hold(isHeld)),
  );
  const all = Array.from({ length: needs.workers }, () => startLane(needs, courtesy));
  // As many groups are under way at once as there are lanes.
  const free = [...all];
  return {
    ...needs.maker,
    workers: needs.workers,
    async runGroup(jobs) {
      const lane = free.pop();
      invariant(lane, "a study has more runs than lanes");
      try {
        return await lane.runGroup(jobs);
      } finally {
        free.push(lane);
      }
    },
    end: () => {
      courtesy.end();
      all.forEach((lane) => lane.end());
    },
  };
}

interface Lane extends Pick<StudyLanes, "runGroup" | "end"> {
  hold(isHeld: boolean): void;
}

function startLane(needs: LaneNeeds, courtesy: Courtesy): Lane {
  const runs = new Map<number, (event: EngineEvent) => void>();
  const client = needs.engine.background({
    onEvent: (event) => {
      if ("requestId" in event && event.requestId !== null) runs.get(event.requestId)?.(event);
      else if (event.type === "failed") for (const hear of runs.values()) hear(event);
    },
  });
  client.start("wasm");
  for (const radiograph of needs.radiographs) client.addRadiograph(radiograph);
  return {
    async runGroup(jobs) {
      const outcomes = [];
      for (const job of jobs) {
        await givenWay(needs.isBenchBusy);
        const outcome = await measureRun(job, {
          now: () => performance.now(),
          worked: () => performance.now() - courtesy.heldMs(),
          run: (spec, look) => eventsOf(client, runs, [spec, look]),
        });
        // An engine that has died too often stays down (engine/client.ts): what comes next gets a fresh one.
        if (outcome.error?.code === "backend-lost") client.restart();
        outcomes.push(outcome);
      }
      return outcomes;
    },
    hold: (isHeld) => client.hold(isHeld),
    end: () => client.dispose(),
  };
}

/** The reader's own run goes first, for a while: a guarantee that gathers samples for minutes is no reason to stand still. */
const PATIENCE_MS = 2000;

async function givenWay(isBenchBusy: () => boolean): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (isBenchBusy() && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The events of one run as a stream that ends with it. Leaving it early cancels the run. */
async function* eventsOf(
  client: LaneEngine,
  runs: Map<number, (event: EngineEvent) => void>,
  [spec, look]: readonly [ExperimentSpec, Look],
): AsyncGenerator<RunEvent> {
  checkReadable(spec);
  const waiting: EngineEvent[] = [];
  let wake = () => {};
  const id = client.submit(spec, "full", look);
  runs.set(id, (event) => {
    waiting.push(event);
    wake();
  });
  let isOver = false;
  try {
    for (;;) {
      const event = waiting.shift();
      if (!event) {
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (event.type === "run") {
        yield event.event;
      } else if (event.type === "failed") {
        isOver = true;
        throw fromErrorData(event.error);
      } else if (event.type === "done") {
        isOver = true;
        return;
      } else {
        throw fault(`a run was told of ${event.type}`);
      }
    }
  } finally {
    runs.delete(id);
    if (!isOver) client.cancel();
  }
}
