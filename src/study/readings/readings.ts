/** Every reading of a study, the scorecard first. */
import type { Row } from "../rowColumns.ts";
import { departmentTriage } from "./departmentTriage.ts";
import { defenseHonesty } from "./defenseHonesty.ts";
import { explanationGap } from "./explanationGap.ts";
import { flipRisk } from "./flipRisk.ts";
import type { StudyReading } from "./reading.ts";
import { scorecard } from "./scorecard.ts";

export function studyReadings(rows: readonly Row[]): readonly StudyReading[] {
  const made = rows.filter(({ errorCode }) => errorCode === null);
  const isDisturbed = made.some((row) => typeof row["l2"] === "number" && row["l2"] > 0);
  const readings = [
    departmentTriage(made, "before"),
    ...(isDisturbed ? [departmentTriage(made, "after")] : []),
    flipRisk(made),
    explanationGap(made),
    defenseHonesty(made),
  ];
  return [scorecard(made, readings), ...readings];
}
