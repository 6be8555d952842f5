/** Every form of the model on the bench on every backend, one after the other, in an engine of its own. */
import { useEffect, useRef, useState } from "react";
import type { BackendName, FormAgreement } from "../../engine/protocol.ts";
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import type { LaneEngine } from "../../state/studyStore.ts";
import { useStores } from "../context/stores.ts";

export interface FormRow {
  readonly form: string;
  readonly backend: BackendName;
  /** What it says and holds, or why it could not be asked; undefined until its turn. */
  readonly found?: FormAgreement;
  readonly error?: LabErrorData;
}

export interface Agreeing {
  readonly rows: readonly FormRow[];
  readonly isRunning: boolean;
  /** Why nothing can be compared. */
  readonly error: LabErrorData | null;
  start(): void;
  stop(): void;
}

const BACKENDS: readonly BackendName[] = ["wasm", "webgpu"];

export function useAgreement(): Agreeing {
  const { engine, experiment, results } = useStores();
  const [rows, setRows] = useState<readonly FormRow[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<LabErrorData | null>(null);
  const lane = useRef<LaneEngine | null>(null);
  const stop = () => {
    lane.current?.dispose();
    lane.current = null;
    setRunning(false);
  };
  useEffect(() => () => lane.current?.dispose(), []);

  const start = () => {
    const { model, question } = experiment.getState().spec;
    const input = results.getState().stages.input?.payload;
    if (!input) return;
    // An engine that dies on a broken kernel takes nothing of the bench with it.
    const own = engine.background({ onEvent: () => {} });
    lane.current = own;
    own.start("webgpu");
    setError(null);
    setRunning(true);
    const isOver = () => lane.current !== own;
    const all = async () => {
      const forms = await own.formsOf(model.id);
      const plan = BACKENDS.flatMap((backend) => forms.map((form) => ({ form, backend })));
      if (!isOver()) setRows(plan);
      for (const [k, row] of plan.entries()) {
        const asked = { ...row, model: model.id, question, image: input.image };
        const outcome = await own.readForm({ ...asked, isReference: k === 0 }).then(
          (found): FormRow => ({ ...row, found }),
          (reason: unknown): FormRow => ({ ...row, error: toErrorData(reason) }),
        );
        if (isOver()) return;
        setRows((now) => now.map((each, at) => (at === k ? outcome : each)));
      }
    };
    all()
      .catch((reason: unknown) => !isOver() && setError(toErrorData(reason)))
      .finally(() => !isOver() && stop());
  };
  return { rows, isRunning, error, start, stop };
}
