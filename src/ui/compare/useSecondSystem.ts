/** The run of the second system, and then of each on the picture that was made for the other. */
import { useEffect, useRef, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import type { Exchange } from "../../experiment/compareSystems.ts";
import type { StageResults } from "../../experiment/results.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { withSystem } from "../../experiment/systemChange.ts";
import type { SystemChange } from "../../experiment/systemChange.ts";
import {
  aboutFilm,
  disturbedFilm,
  isSamePicture,
  transferOf,
} from "../../experiment/transferred.ts";
import type { Transferred } from "../../experiment/transferred.ts";
import { useStores } from "../context/stores.ts";
import { startSecondSystem } from "./secondSystem.ts";
import type { SecondSystem } from "./secondSystem.ts";

type Results = Partial<StageResults>;

export type Second =
  | { readonly phase: "idle" }
  | { readonly phase: "running"; readonly label: string }
  | { readonly phase: "failed"; readonly error: LabErrorData }
  | { readonly phase: "done"; readonly results: Results };

export interface Comparing {
  readonly second: Second;
  /** Undefined until each has been shown the other's picture; null where that is the same picture. */
  readonly exchange: Exchange | null | undefined;
  ask(): void;
  cancel(): void;
}

/** @param first what the bench's own run says; null while it is under way */
export function useSecondSystem(
  spec: ExperimentSpec,
  change: SystemChange,
  first: Results | null,
): Comparing {
  const stores = useStores();
  const [second, setSecond] = useState<Second>({ phase: "idle" });
  const [exchange, setExchange] = useState<Comparing["exchange"]>();
  const system = useRef<SecondSystem | null>(null);
  const bench = useRef(arrival<Results>());
  useEffect(() => {
    if (first) bench.current.arrive(first);
  }, [first]);
  useEffect(() => () => system.current?.end(), []);

  const ask = async () => {
    const { radiographs } = stores.cases.getState();
    // Only the film it is about: each engine holds a copy of what it is given.
    const film = spec.case.kind === "file" ? radiographs[spec.case.sha256] : undefined;
    const started = startSecondSystem(stores.engine, film ? [film] : []);
    system.current = started;
    const isOver = () => system.current !== started;
    setSecond({ phase: "running", label: "starting" });
    // What was found with another second system says nothing of this one.
    setExchange(undefined);
    try {
      // Measurements are not compared, and some take minutes.
      const whole = { ...withSystem(spec, change), instruments: [] };
      const { certificate } = whole;
      // A guarantee too: it comes when the two have been compared otherwise.
      const quick = { ...whole, certificate: { ...certificate, enabled: false } };
      const results = await started.run(quick, (label) => {
        if (!isOver()) setSecond({ phase: "running", label });
      });
      if (isOver()) return;
      setSecond({ phase: "done", results });
      const found = await exchanged(started, [spec, await bench.current.come], [quick, results]);
      if (isOver()) return;
      setExchange(found);
      if (!certificate.enabled) return;
      const guaranteed = await started.run(whole);
      if (!isOver()) setSecond({ phase: "done", results: guaranteed });
    } catch (error) {
      if (!isOver()) setSecond({ phase: "failed", error: toErrorData(error) });
    }
  };
  const cancel = () => {
    system.current?.end();
    system.current = null;
    setSecond({ phase: "idle" });
    setExchange(undefined);
  };
  return { second, exchange, ask: () => void ask(), cancel };
}

function arrival<T>(): { readonly come: Promise<T>; readonly arrive: (value: T) => void } {
  let arrive: (value: T) => void = () => {};
  const come = new Promise<T>((resolve) => {
    arrive = resolve;
  });
  return { come, arrive };
}

type Side = readonly [spec: ExperimentSpec, results: Results];

async function exchanged(system: SecondSystem, a: Side, b: Side): Promise<Exchange | null> {
  if (isSamePicture(a[1], b[1])) return null;
  return { a: await shownTo(system, a, b), b: await shownTo(system, b, a) };
}

async function shownTo(
  system: SecondSystem,
  [spec, own]: Side,
  [, made]: Side,
): Promise<Transferred> {
  const film = (await disturbedFilm(made))!;
  system.add(film);
  return transferOf(own, await system.run(aboutFilm(spec, film)));
}
