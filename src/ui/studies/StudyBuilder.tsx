/** A study from the experiment on the bench: what to vary, over which cases, and how much that is. */
import { useMemo, useState } from "react";
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { isInForce } from "../../defenses/inForce.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { axisChoices, findingsStudy, honestyStudy, studyFrom } from "../../study/starters.ts";
import type { StudyWish } from "../../study/starters.ts";
import { useExperiment, useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Segments } from "../kit/Segments.tsx";
import { FolderPicker } from "./FolderPicker.tsx";
import type { FolderFilms } from "./folderStudy.ts";
import { LabStudies } from "./LabStudies.tsx";
import type { Opened } from "./LabStudies.tsx";
import { OpenStudy } from "./OpenStudy.tsx";
import { StudySize, sizeOf } from "./StudySize.tsx";
import type { StudySession } from "./studySession.ts";
import styles from "./studies.module.css";

const CASES = [
  { value: "this", shown: "this case" },
  { value: "20", shown: "20 phantoms" },
  { value: "50", shown: "50 phantoms" },
  { value: "200", shown: "200 phantoms" },
  { value: "folder", shown: "my folder" },
] as const;
type Cases = (typeof CASES)[number]["value"];

export function StudyBuilder({ session }: { readonly session: StudySession }) {
  const { view } = useStores();
  const spec = useExperiment((s) => s.spec);
  const linked = useView((s) => s.linkedStudy);
  const wished = useView((s) => s.wishedStudy);
  const isHonesty = wished === "honesty" && isDefended(spec);
  const isByFinding = wished === "findings";
  const [axes, setAxes] = useState<readonly string[]>(["item0"]);
  const [cases, setCases] = useState<Cases>("20");
  const [films, setFilms] = useState<FolderFilms | null>(null);
  const [opened, setOpened] = useState<Opened>({});
  const given = linked ?? opened.study ?? (cases === "folder" ? films?.study : undefined);
  const study = useMemo(() => {
    if (given) return given;
    if (cases === "folder" && !films) return null;
    const over = wishedCases(cases, films);
    if (isByFinding) return findingsStudy(spec, over);
    return isHonesty ? honestyStudy(spec, over) : studyFrom(spec, { axes, cases: over });
  }, [given, spec, axes, cases, films, isHonesty, isByFinding]);
  const size = useMemo(() => study && sizeOf(study), [study]);
  const forget = () => {
    setOpened({});
    setFilms(null);
    view.getState().set({ linkedStudy: null });
  };
  return (
    <form
      className={styles.builder}
      onSubmit={(event) => {
        event.preventDefault();
        view.getState().set({ linkedStudy: null, wishedStudy: null });
        if (study) void session.run(study);
      }}
    >
      {given ? (
        <>
          <p>
            The study “{given.name}” from {linked ? "a link" : opened.report ? "the lab" : "a file"}
            .{" "}
            <Button look="inline" onClick={forget}>
              Build one from the bench instead
            </Button>
          </p>
          {given.description !== undefined && <p className={styles.note}>{given.description}</p>}
          {!linked && opened.report && (
            <p className={styles.note}>
              <a href={opened.report} target="_blank" rel="noreferrer">
                The table of the lab’s own run
              </a>
              . Start makes its rows anew in this browser.
            </p>
          )}
        </>
      ) : (
        <>
          <Purpose isDefended={isDefended(spec)} />
          {isHonesty || isByFinding ? (
            <p className={styles.note}>{study?.description}</p>
          ) : (
            <AxisChoices axes={axes} onChange={setAxes} />
          )}
        </>
      )}
      {!linked && !opened.study && (
        <fieldset>
          <legend>Over</legend>
          <Segments label="Cases" segments={CASES} value={cases} onChange={setCases} />
          {cases === "folder" ? (
            <>
              <FolderPicker onFilms={setFilms} />
              {films && <p role="status">{filmsText(films)}</p>}
            </>
          ) : (
            <p className={styles.note}>
              {cases === "this"
                ? "The picture on the bench, as it stands there."
                : "Phantoms no model was trained on. Where the question is about a finding, every second one has it, so that right and wrong can be told."}
            </p>
          )}
        </fieldset>
      )}
      {size && <StudySize size={size} />}
      {opened.refusal && <p role="alert">{opened.refusal}</p>}
      <Button type="submit" look="outlined" disabled={!size || "refusal" in size}>
        Start
      </Button>
      {!linked && (
        <p className={styles.note}>
          <LabStudies onOpen={setOpened} /> <OpenStudy onOpen={setOpened} />
        </p>
      )}
    </form>
  );
}

const PURPOSES = [
  { value: "vary", shown: "the experiment" },
  { value: "findings", shown: "cases that the model gets wrong" },
  { value: "honesty", shown: "the honesty card of the defenses" },
] as const;

/** What is asked of the cases: the bench's experiment under settings, where the model errs, or what its defenses are worth. */
function Purpose({ isDefended: hasDefense }: { readonly isDefended: boolean }) {
  const wished = useView((s) => s.wishedStudy);
  const { view } = useStores();
  return (
    <fieldset>
      <legend>Ask about</legend>
      <Segments
        label="Purpose"
        segments={PURPOSES.filter(({ value }) => value !== "honesty" || hasDefense)}
        value={wished === "honesty" && !hasDefense ? "vary" : (wished ?? "vary")}
        onChange={(value) => view.getState().set({ wishedStudy: value === "vary" ? null : value })}
      />
    </fieldset>
  );
}

function isDefended({ defenses }: ExperimentSpec): boolean {
  return defenses.some((item) => isInForce(item, DEFENSE_CATALOG[item.defense]));
}

function wishedCases(cases: Cases, films: FolderFilms | null): StudyWish["cases"] {
  if (cases === "folder") return films?.files ?? [];
  return cases === "this" ? "this" : Number(cases);
}

function filmsText({ files, study }: FolderFilms): string {
  const labeled = files.filter(({ labels, answer }) => labels ?? answer).length;
  const count = `${files.length} ${files.length === 1 ? "film" : "films"}`;
  if (study) return `${count}, with a set of questions.`;
  return `${count}, ${labeled === 0 ? "none labelled: right and wrong can't be told" : `${labeled} labelled`}.`;
}

function AxisChoices(props: {
  readonly axes: readonly string[];
  readonly onChange: (axes: readonly string[]) => void;
}) {
  const { axes, onChange } = props;
  const spec = useExperiment((s) => s.spec);
  const choices = useMemo(() => axisChoices(spec), [spec]);
  return (
    <fieldset>
      <legend>Vary</legend>
      {choices.map(({ key, label }) => (
        <label key={key}>
          <input
            type="checkbox"
            checked={axes.includes(key)}
            onChange={({ currentTarget }) =>
              onChange(currentTarget.checked ? [...axes, key] : axes.filter((each) => each !== key))
            }
          />{" "}
          {label}
        </label>
      ))}
    </fieldset>
  );
}
