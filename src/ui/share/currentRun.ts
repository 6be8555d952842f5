/** The numbers of the run on screen, once every stage they come from answers the newest request. */
import { replayNumbers } from "../../experiment/replay.ts";
import type { ReplayNumbers } from "../../experiment/replaySchema.ts";
import { currentBackend, isStale } from "../../state/resultStore.ts";
import type { ResultState } from "../../state/resultStore.ts";

export function currentNumbers(state: ResultState): ReplayNumbers | undefined {
  const { stages, fidelity } = state;
  const backend = currentBackend(state);
  const { clean, readout, metrics, graphs } = stages;
  if (!clean || !readout || !metrics || !graphs || !backend || fidelity !== "full")
    return undefined;
  const parts = ["clean", "readout", "metrics", "graphs"] as const;
  if (parts.some((stage) => isStale(state, stage))) return undefined;
  return replayNumbers(
    { clean: clean.payload, readout: readout.payload, metrics: metrics.payload },
    {
      backend: backend.backend,
      precision: backend.precision,
      modelSha256: backend.modelSha256,
      graphs: graphs.payload,
    },
  );
}
