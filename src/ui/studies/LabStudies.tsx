/** The studies that come with the lab, to be run here, or looked at or changed first. */
import { useEffect, useState } from "react";
import type { Study } from "../../study/schema.ts";
import { Select } from "../kit/Select.tsx";
import { labReport, labStudy, labStudyNames } from "./labStudy.ts";
import type { LabStudyName } from "./labStudy.ts";
import { sentence } from "./StudySize.tsx";

/** A study that was opened, and where the table stands that the lab's own run of it gave; or why none was. */
export interface Opened {
  readonly study?: Study;
  readonly report?: string;
  readonly refusal?: string;
}

export function LabStudies(props: { readonly onOpen: (opened: Opened) => void }) {
  const { onOpen } = props;
  const [names, setNames] = useState<readonly LabStudyName[]>([]);
  useEffect(() => {
    let isHere = true;
    labStudyNames().then(
      (list) => isHere && setNames(list),
      // Without the list there is nothing to choose; what is built from the bench needs none.
      () => {},
    );
    return () => {
      isHere = false;
    };
  }, []);
  if (names.length === 0) return null;
  return (
    <Select
      aria-label="Open a study of the lab"
      value=""
      onChange={({ currentTarget: { value: id } }) =>
        void labStudy(id).then(
          (study) => onOpen({ study, report: labReport(id) }),
          (error: unknown) => onOpen({ refusal: sentence(error) }),
        )
      }
    >
      <option value="">A study of the lab…</option>
      {names.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}
