/** Scale of the difference picture: its colours, its limits in grey levels and the gain they stand for. */
import { useMemo } from "react";
import { colorMap } from "../../image/colorMaps.ts";
import { differenceScale } from "../picture/differenceScale.ts";
import { rampOf } from "../picture/ramp.ts";
import { usePanePicture } from "./usePaneLayers.ts";
import styles from "./viewer.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function DifferenceLegend() {
  const { clean, disturbed } = usePanePicture();
  const limit = useMemo(() => differenceScale(clean, disturbed), [clean, disturbed]);
  const ramp = useMemo(() => rampOf(colorMap("signed")), []);
  const gain = 255 / limit;
  return (
    <div
      className={styles.legend}
      role="img"
      aria-label={`Difference scale: minus ${limit} to plus ${limit} grey levels of 255, shown ${decimal(gain, 0)} times amplified; 1 of 100 changed pixels may lie beyond`}
      title={`Blue is darker than before, orange brighter, shown ${gain >= 10 ? decimal(gain, 0) : decimal(gain, 1)} times stronger than it is. 99 of 100 changed pixels lie within the scale; the rest has the end colours.`}
    >
      <span>{`≤ −${limit}`}</span>
      <span className={styles.ramp} style={{ background: ramp }} />
      <span>{`≥ +${limit} grey levels`}</span>
    </div>
  );
}
