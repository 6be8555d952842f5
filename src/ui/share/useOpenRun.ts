/** Opens a run manifest or an experiment saved as JSON. */
import { useCallback } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { useStores } from "../context/stores.ts";
import { openShared } from "./openShared.ts";

/** Larger than any manifest: a file of this size is not even read. */
const MAX_BYTES = 8 * 1024 * 1024;

export function useOpenRun(): (file: File) => Promise<void> {
  const { experiment, results, room, view } = useStores();
  return useCallback(
    async (file) => {
      try {
        const { openExperiment } = await loadPart(
          () => import("../../experiment/openExperiment.ts"),
        );
        openShared({ experiment, results, room, view }, openExperiment(await file.text()));
      } catch (error) {
        results.getState().refuse(toErrorData(error));
      }
    },
    [experiment, results, room, view],
  );
}

/** Whether a dropped file is a saved run: JSON that says so, or an experiment. Model folders hold other JSON files. */
export async function isRunFile(file: File): Promise<boolean> {
  if (!/\.json$/i.test(file.name) || file.size > MAX_BYTES) return false;
  return /"(?:format"\s*:\s*"penumbra-run|certificate"\s*:\s*\{)/.test(await file.text());
}
