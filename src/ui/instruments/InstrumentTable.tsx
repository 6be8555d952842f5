/** A table of an instrument's result in its card: its first column and what opens a row stay in view, and it can be enlarged. */
import { Suspense, lazy, useState } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Button } from "../kit/Button.tsx";
import { Sideways } from "./Sideways.tsx";
import { TableRows } from "./TableRows.tsx";
import type { TableProps } from "./TableRows.tsx";

const TableDialog = lazy(() =>
  loadPart(() => import("./TableDialog.tsx")).then(({ TableDialog: dialog }) => ({
    default: dialog,
  })),
);

/** As many columns fit in a card. */
const NARROW = 3;

export function InstrumentTable(props: TableProps) {
  const { columns, opens } = props.table;
  const [isLarge, setLarge] = useState(false);
  const isWide = columns.length + (opens ? 1 : 0) > NARROW;
  // Words are never broken: a table that is wider than its card is moved sideways.
  return (
    <>
      <Sideways label={props.table.title}>
        <TableRows
          {...props}
          beside={
            isWide && (
              <Button look="inline" onClick={() => setLarge(true)}>
                Enlarge
              </Button>
            )
          }
        />
      </Sideways>
      {isLarge && (
        <ErrorBoundary>
          <Suspense fallback={null}>
            <TableDialog {...props} onClose={() => setLarge(false)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}
