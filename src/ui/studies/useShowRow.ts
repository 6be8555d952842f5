/** Puts the experiment of a study's row on the bench. */
import { toErrorData } from "../../errors/labError.ts";
import { validateSpec } from "../../experiment/validateSpec.ts";
import type { Row } from "../../study/rowColumns.ts";
import { useStores } from "../context/stores.ts";
import { openShared } from "../share/openShared.ts";

export function useShowRow(onShown: () => void): (row: Row) => void {
  const stores = useStores();
  return (row) => {
    try {
      const spec = validateSpec(JSON.parse(String(row.spec)));
      // The bench's engine has only the films that were opened on it.
      const film =
        spec.case.kind === "file" && stores.cases.getState().radiographs[spec.case.sha256];
      if (film) stores.engine.addRadiograph(film);
      openShared(stores, { spec, view: {}, origin: "experiment" });
      onShown();
    } catch (error) {
      stores.results.getState().refuse(toErrorData(error));
    }
  };
}
