/** The door of onnxruntime-node: ONNX Runtime's native build, so that the headless lab runs the graphs the page runs. */
import * as ort from "onnxruntime-node";
import { ortSessions } from "../graphs/ort.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { atOnce, ortFailure } from "./ortDoor.ts";

/** Sessions whose results can say what made them. */
export interface CliSessions extends SessionFactory {
  readonly backend: "native" | "wasm";
  /** Runtime and its version. */
  readonly runtime: string;
}

/** Threads of each native session where the caller names none: PENUMBRA_THREADS, else one per core (0). */
const THREADS = Number(process.env["PENUMBRA_THREADS"] ?? 0);

/** @param threads 0 lets the runtime take one thread per core. */
export function nodeSessions(threads = THREADS): CliSessions {
  return {
    ...ortSessions({
      ort,
      backend: "native",
      options: { intraOpNumThreads: threads, logSeverityLevel: 4 },
      inTurn: atOnce,
      failure: ortFailure,
    }),
    backend: "native",
    runtime: `onnxruntime-node ${ort.env.versions.node}`,
  };
}
