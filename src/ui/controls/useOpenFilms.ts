/** Opens what a reader picked: one film, several as a worklist, and a table of where findings are on them. */
import { useCallback } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { FilmBoxes } from "../../experiment/spec.ts";
import { loadPart } from "../../host/loadPart.ts";
import { useStores } from "../context/stores.ts";
import { useOpenFile } from "./useOpenFile.ts";

export const TABLE = /\.csv$/i;

export function useOpenFilms(): (files: readonly File[]) => Promise<void> {
  const { results, worklist } = useStores();
  const open = useOpenFile();
  return useCallback(
    async (files) => {
      const films = files.filter(({ name }) => !TABLE.test(name));
      // A table alone is refused as what it is not: a radiograph.
      const [first = files[0]] = films;
      const tables = films.length > 0 ? files.filter(({ name }) => TABLE.test(name)) : [];
      let boxes: ReadonlyMap<File, FilmBoxes> | undefined;
      let refused: unknown;
      if (tables.length > 0) {
        try {
          const { boxesIn } = await loadPart(() => import("./filmBoxes.ts"));
          boxes = await boxesIn(tables, films);
        } catch (error) {
          refused = error;
        }
      }
      if (films.length > 1) worklist.getState().begin(films, boxes);
      else if (first) await open(first, undefined, boxes?.get(first));
      if (refused !== undefined) results.getState().refuse(toErrorData(refused));
    },
    [open, results, worklist],
  );
}
