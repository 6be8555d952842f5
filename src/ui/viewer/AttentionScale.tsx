/** What the colours of the map over a picture stand for: clear where there is no more than an even share, the last colour at its peak. */
import { useMemo } from "react";
import { colorMap } from "../../image/colorMaps.ts";
import { decimal } from "../../numerics/decimalText.ts";
import type { PaneName } from "../../state/viewStore.ts";
import { useView } from "../context/stores.ts";
import { rampOf } from "../picture/ramp.ts";
import { useHeat } from "./usePaneLayers.ts";
import styles from "./viewer.module.css";

export function AttentionScale({ pane }: { readonly pane: PaneName }) {
  const heat = useHeat(pane);
  const name = useView((s) => s.colorMap);
  const isShown = useView((s) => s.cornerText);
  const ramp = useMemo(() => rampOf(colorMap(name)), [name]);
  if (!heat || !isShown) return null;
  const mean = heat.values.reduce((sum, value) => sum + value, 0) / heat.values.length;
  const times = heat.peak / mean;
  // A map with values below zero has no share to count in.
  const isShare = mean > 0 && Number.isFinite(times) && heat.values.every((value) => value >= 0);
  const peak = decimal(times, 1);
  const [least, most] = isShare ? ["even share", `${peak} times`] : ["its mean", "its highest"];
  const [leastShort, mostShort] = isShare ? ["1x", `${peak}x`] : [undefined, undefined];
  return (
    <div
      className={styles.scale}
      data-corners=""
      role="img"
      aria-label={`Colours of the map: clear for ${least} or less, the brightest for ${most} or more`}
    >
      <span data-short={leastShort}>{least}</span>
      <span className={styles.ramp} style={{ background: ramp }} />
      <span data-short={mostShort}>{most}</span>
    </div>
  );
}
