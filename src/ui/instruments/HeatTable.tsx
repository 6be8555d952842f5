/**
 * A grid of numbers in an instrument's card, as the table it is: whole names, a colour for each cell, its number on it where
 * there is room, and a line where neighbours lie on different sides of the middle. The enlarged plot is plotly's.
 */
import type { CSSProperties } from "react";
import type { HeatSpec } from "../plots/heatSpec.ts";
import { sidesOf } from "../plots/heatSpec.ts";
import { Sideways } from "./Sideways.tsx";
import { figure } from "./figure.ts";
import styles from "../plots/figures.module.css";

/** Above so many columns there is no room for numbers, and names stand on end. */
const MOST_WITH_NUMBERS = 5;
/** Under a number the colour stays faint enough to read it. */
const FAINT = 45;

export function HeatTable({ testId, spec }: { readonly testId: string; readonly spec: HeatSpec }) {
  const { rows, columns, values, unit, description } = spec;
  const isWide = columns.length > MOST_WITH_NUMBERS;
  const { low, high, inkOf } = scaleOf(spec, isWide ? 100 : FAINT);
  return (
    <div data-testid={testId} data-drawn>
      <Sideways label={description}>
        <table className={styles.heat} data-wide={isWide}>
          <thead>
            <tr>
              <th scope="col">{unit === "" ? "Value" : unit}</th>
              {columns.map((column, c) => (
                <th key={c} scope="col" title={column}>
                  <div>{column}</div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, r) => (
              <tr key={r}>
                <th scope="row">{row}</th>
                {columns.map((column, c) => {
                  const value = values[r * columns.length + c]!;
                  const { right, below } = sidesOf(spec, r, c);
                  const text = figure(value);
                  return (
                    <td
                      key={c}
                      style={inkOf(value)}
                      data-right={right}
                      data-below={below}
                      title={`${row}, ${column}: ${text} ${unit}`}
                    >
                      {isWide ? <span className="visually-hidden">{text}</span> : text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
      <Scale low={low} high={high} spec={spec} />
    </div>
  );
}

function Scale({
  low,
  high,
  spec,
}: {
  readonly low: number;
  readonly high: number;
  readonly spec: HeatSpec;
}) {
  const { middle, unit } = spec;
  const colors =
    middle === undefined
      ? "var(--panel), var(--clean)"
      : "var(--clean), var(--panel), var(--disturbed)";
  return (
    <p className={styles.scale}>
      {figure(low)} <span style={{ background: `linear-gradient(to right, ${colors})` }} />
      {figure(high)} {unit}
    </p>
  );
}

/** The ends of the colours, and the colour of a value; a value that is none has no colour. */
function scaleOf({ values, middle }: HeatSpec, most: number) {
  const known = Array.from(values).filter(Number.isFinite);
  const reach =
    middle === undefined ? 0 : known.reduce((a, b) => Math.max(a, Math.abs(b - middle)), 1e-9);
  const low =
    middle === undefined ? known.reduce((a, b) => Math.min(a, b), Infinity) : middle - reach;
  const high =
    middle === undefined ? known.reduce((a, b) => Math.max(a, b), -Infinity) : middle + reach;
  const inkOf = (value: number): CSSProperties => {
    const share =
      middle === undefined ? (value - low) / (high - low || 1) : Math.abs(value - middle) / reach;
    const ink = middle !== undefined && value > middle ? "var(--disturbed)" : "var(--clean)";
    return {
      "--ink": ink,
      "--share": `${Number.isFinite(share) ? Math.round(most * share) : 0}%`,
    } as CSSProperties;
  };
  return { low, high, inkOf };
}
