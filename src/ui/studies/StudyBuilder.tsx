/** A study from the experiment on the bench: what to vary, over which cases, and how much that is. */
import { useMemo, useRef, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { planSize } from "../../study/plan.ts";
import { axisChoices, studyFrom } from "../../study/starters.ts";
import type { StudyWish } from "../../study/starters.ts";
import { parseStudy } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import { Segments } from "../kit/Segments.tsx";
import type { StudySession } from "./studySession.ts";
import styles from "./studies.module.css";

const CASES = [
  { value: "this", shown: "this case" },
  { value: "20", shown: "20 phantoms" },
  { value: "50", shown: "50 phantoms" },
  { value: "200", shown: "200 phantoms" },
] as const;

export function StudyBuilder({ session }: { readonly session: StudySession }) {
  const spec = useExperiment((s) => s.spec);
  const [axes, setAxes] = useState<readonly string[]>(["item0"]);
  const [cases, setCases] = useState<(typeof CASES)[number]["value"]>("20");
  const [opened, setOpened] = useState<{ study?: Study; refusal?: string }>({});
  const picker = useRef<HTMLInputElement>(null);
  const choices = useMemo(() => axisChoices(spec), [spec]);
  const study = useMemo(() => {
    const wish: StudyWish = { axes, cases: cases === "this" ? "this" : Number(cases) };
    return opened.study ?? studyFrom(spec, wish);
  }, [spec, axes, cases, opened]);
  const size = useMemo(() => sizeOf(study), [study]);
  const toggle = (key: string, on: boolean) =>
    setAxes(on ? [...axes, key] : axes.filter((each) => each !== key));
  return (
    <form
      className={styles.builder}
      onSubmit={(event) => {
        event.preventDefault();
        void session.run(study);
      }}
    >
      {opened.study ? (
        <p>
          The study “{opened.study.name}” from a file.{" "}
          <Button look="inline" onClick={() => setOpened({})}>
            Build one from the bench instead
          </Button>
        </p>
      ) : (
        <>
          <fieldset>
            <legend>Vary</legend>
            {choices.map(({ key, label }) => (
              <label key={key}>
                <input
                  type="checkbox"
                  checked={axes.includes(key)}
                  onChange={(event) => toggle(key, event.currentTarget.checked)}
                />{" "}
                {label}
              </label>
            ))}
          </fieldset>
          <fieldset>
            <legend>Over</legend>
            <Segments label="Cases" segments={CASES} value={cases} onChange={setCases} />
            <p className={styles.note}>
              Phantoms no model was trained on. Where the question is about a finding, every second
              one has it, so that right and wrong can be told.
            </p>
          </fieldset>
        </>
      )}
      <StudySize size={size} />
      {opened.refusal && <p role="alert">{opened.refusal}</p>}
      <Button type="submit" look="outlined" disabled={"refusal" in size}>
        Start
      </Button>
      <Button onClick={() => picker.current?.click()}>Open a study…</Button>
      <FileInput
        ref={picker}
        label="Open a study (JSON)"
        accept=".json"
        onPick={([file]) =>
          void file?.text().then(
            (text) => setOpened(studyIn(text)),
            () => setOpened({ refusal: "This file can't be read." }),
          )
        }
      />
    </form>
  );
}

type Size = { readonly rows: number; readonly passes: number } | { readonly refusal: string };

function sizeOf(study: Study): Size {
  try {
    const { rows, encoderPasses } = planSize(study);
    return { rows, passes: encoderPasses };
  } catch (error) {
    return { refusal: sentence(error) };
  }
}

/** How long it takes is known from the pass that the engine measured at load; a study has one thread. */
function StudySize({ size }: { readonly size: Size }) {
  const forwardMs = useResults((s) => s.backend?.forwardMs ?? null);
  if ("refusal" in size) return <p role="alert">{size.refusal}</p>;
  const seconds = forwardMs === null ? null : (size.passes * forwardMs) / 1000;
  const time =
    seconds === null
      ? ""
      : seconds < 90
        ? `, at least ${Math.ceil(seconds)} s`
        : `, at least ${Math.round(seconds / 60)} min`;
  return (
    <p data-testid="study-size">
      {size.rows} runs{time}.
    </p>
  );
}

function studyIn(text: string): { study: Study } | { refusal: string } {
  try {
    return { study: parseStudy(JSON.parse(text)) };
  } catch (error) {
    return {
      refusal:
        error instanceof SyntaxError ? "This file is no study: it is not JSON." : sentence(error),
    };
  }
}

function sentence(error: unknown): string {
  const { message, hint } = toErrorData(error);
  return [message, hint].filter(Boolean).join(" ");
}
