/** How the attack got there: of the one that runs, else of the one chosen among those that ran. */
import { useMemo, useState } from "react";
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import { entryOf } from "../../experiment/traceEntry.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import { Empty, PlotPanel } from "./PlotPanel.tsx";
import { attackerWords, traceSpec } from "./traceSpec.ts";
import type { Trace } from "./traceSpec.ts";
import styles from "./plots.module.css";

const MEANING =
  "What the attack maximises, for the 8-bit picture it made at each step; the best picture is the one it returns. " +
  "For an answer this is how far the model leans away from its clean answer: above zero the answer has flipped.";

export function TracePanel() {
  const live = useResults((s) => s.liveTrace);
  const items = useResults((s) => s.stages.disturbed?.payload.items);
  const stack = useExperiment((s) => s.spec.stack);
  const [chosen, choose] = useState<string | null>(null);
  const attacks = (items ?? []).flatMap(({ id, label, trace }) =>
    trace ? [{ id, label, trace }] : [],
  );
  const done = attacks.find(({ id }) => id === chosen) ?? attacks.at(-1);
  // The attack under way comes first: it is what the reader is waiting for.
  const trace: Trace | undefined = live ?? done?.trace;
  // By itself: the line of the heading is left out where it has no room, and an approximated gradient must be said.
  const seen = trace ? attackerWords(trace) : "";
  const shown = live ? live.itemId : done?.id;
  const place = stack.findIndex(({ id }) => id === shown) + 1;
  const item = stack[place - 1];
  const entry = item?.type === "attack" ? entryOf(ATTACK_CATALOG[item.attack].settings) : undefined;
  const spec = useTraceSpec(trace, entry);
  // The picker says which it is; while one runs there is no picker.
  const name = place > 0 && live && stack.length > 1 ? `item ${place}: ` : "";
  return (
    <PlotPanel
      title="Attack"
      line={
        trace
          ? `${name}${trace.lossName}${trace.lossUnit && `, ${trace.lossUnit}`}`
          : "Loss by step, and the best so far."
      }
      meaning={MEANING}
      stage="disturbed"
      testId="trace-plot"
      spec={spec}
      aside={
        attacks.length > 1 &&
        !live && (
          <Select
            aria-label="Attack shown"
            value={done?.id}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {attacks.map(({ id, label }) => (
              <option key={id} value={id}>
                {`${stack.findIndex((item) => item.id === id) + 1} ${label}`}
              </option>
            ))}
          </Select>
        )
      }
    >
      {seen !== "" && <p className={styles.statement}>{seen}</p>}
      {!trace && (
        <Empty>
          {stack.some(({ type, enabled }) => type === "attack" && enabled)
            ? "The loss appears with the attack’s first step."
            : "Switch an attack on among the disturbances to watch it climb."}
        </Empty>
      )}
    </PlotPanel>
  );
}

/** The same one as long as the attack says nothing new: what is drawn of it hangs on that. */
function useTraceSpec(trace: Trace | undefined, entry: Trace["entry"]) {
  return useMemo(() => (trace ? traceSpec({ ...trace, entry }) : null), [trace, entry]);
}
