/** The drawn panels of a figure: answers as bars, curves over an axis, numbers as a list. Black on white, for print. */
import { percent } from "../../numerics/percentText.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { ticks } from "../../numerics/ticks.ts";
import { lineFrom, linesOf, rectAt, round, textAt } from "./svg.ts";
import { signed, significant } from "../../numerics/decimalText.ts";

/** Blue before and orange after: they differ in lightness, so that a grey print still tells them apart. */
export const INKS = { clean: "#1f6f8b", changed: "#c46a10", faint: "#9aa0a4" } as const;

export interface Curve {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly ink: keyof typeof INKS;
}

export interface Axes {
  readonly x: string;
  readonly y: string;
  /** A vertical line with a word; past the end of the axis it stands there, and its word says so. */
  readonly mark?: { readonly at: number; readonly label: string };
  /** Where the axes begin and end; without it, around all that is drawn. Curves end where they leave it. */
  readonly range?: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  /** What stands in the place of curves of which none has a line to draw. */
  readonly empty?: string;
}

/** Lines over common axes, in a square of `side`; values that are not finite break a line. */
export function curvesPanel(side: number, curves: readonly Curve[], axes: Axes): string {
  const xs = [...curves.flatMap(({ x }) => Array.from(x)), ...(axes.mark ? [axes.mark.at] : [])];
  const ys = curves.flatMap(({ y }) => Array.from(y)).filter(Number.isFinite);
  const [x0, x1] = axes.range?.x ?? range(xs);
  const [y0, y1] = axes.range?.y ?? range(ys);
  const box = { left: 44, right: side - 8, top: 30, bottom: side - 36 };
  const px = (x: number) => box.left + ((x - x0) / (x1 - x0)) * (box.right - box.left);
  const py = (y: number) => box.bottom - ((y - y0) / (y1 - y0)) * (box.bottom - box.top);
  const grid = [
    ...ticks(x0, x1).flatMap((tick) => [
      lineFrom([px(tick), box.bottom], [px(tick), box.bottom + 4], "#444"),
      textAt(px(tick), box.bottom + 15, label(tick), { size: 10, anchor: "middle" }),
    ]),
    ...ticks(y0, y1).flatMap((tick) => [
      lineFrom([box.left, py(tick)], [box.right, py(tick)], "#e3e5e6"),
      textAt(box.left - 5, py(tick) + 3.5, label(tick), { size: 10, anchor: "end" }),
    ]),
  ];
  const frame = [
    lineFrom([box.left, box.top], [box.left, box.bottom], "#444"),
    lineFrom([box.left, box.bottom], [box.right, box.bottom], "#444"),
    textAt((box.left + box.right) / 2, side - 6, axes.x, { size: 10.5, anchor: "middle" }),
    textAt(4, 24, axes.y, { size: 10.5 }),
  ];
  const markAt = px(Math.min(axes.mark?.at ?? 0, x1));
  const isMarkLeft = markAt < (box.left + box.right) / 2;
  const markWord = `${axes.mark?.label}${(axes.mark?.at ?? 0) > x1 ? ", off the axis →" : ""}`;
  const mark = axes.mark
    ? [
        lineFrom([markAt, box.top], [markAt, box.bottom], INKS.changed),
        textAt(markAt + (isMarkLeft ? 4 : -4), box.top + 10, markWord, {
          size: 10,
          fill: INKS.changed,
          anchor: isMarkLeft ? "start" : "end",
        }),
      ]
    : [];
  const drawn = curves.map(({ x, y, ink }) => polyline(x, y, { px, py, ink, end: x1 }));
  const names = curves.map(({ name, ink }, k) =>
    textAt(side - 8, 12 + 12 * k, name, { size: 10, fill: INKS[ink], anchor: "end", weight: 600 }),
  );
  const isEmpty = curves.every(
    ({ x, y }) => Array.from(x).filter((at, k) => at <= x1 && Number.isFinite(y[k]!)).length < 2,
  );
  const word =
    isEmpty && axes.empty !== undefined
      ? [
          textAt((box.left + box.right) / 2, (box.top + box.bottom) / 2, axes.empty, {
            size: 10.5,
            anchor: "middle",
          }),
        ]
      : [];
  return [...grid, ...frame, ...mark, ...drawn, ...names, ...word].join("");
}

function polyline(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  {
    px,
    py,
    ink,
    end,
  }: {
    px(x: number): number;
    py(y: number): number;
    readonly ink: Curve["ink"];
    readonly end: number;
  },
): string {
  let path = "";
  let isDown = false;
  for (let k = 0; k < x.length; k++) {
    const isThere = Number.isFinite(y[k]!) && x[k]! <= end;
    if (isThere) path += `${isDown ? "L" : "M"}${round(px(x[k]!))} ${round(py(y[k]!))}`;
    isDown = isThere;
  }
  return `<path d="${path}" fill="none" stroke="${INKS[ink]}" stroke-width="1.6"/>`;
}

function range(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function label(value: number): string {
  return significant(value, 3);
}

/** Probabilities of the answers to both pictures, as bars. */
export function answersPanel(side: number, clean: AnswerResult, disturbed: AnswerResult): string {
  const words = Object.keys(clean.probabilities);
  const height = Math.min(26, (side - 76) / (2 * words.length));
  const left = 70;
  const full = side - left - 48;
  const group = (said: AnswerResult, ink: "clean" | "changed", top: number): string => {
    const name = ink === "clean" ? "Clean" : "Disturbed";
    const margin = `${signed(said.margin)} logits`;
    const head = textAt(0, top + 12, `${name}: ${said.corrected}`, {
      size: 12.5,
      weight: 700,
      fill: INKS[ink],
    });
    const bars = words.map((word, k) => {
      const y = top + 22 + k * height;
      const p = said.probabilities[word] ?? 0;
      return (
        textAt(left - 6, y + height / 2 + 3.5, word, { anchor: "end" }) +
        rectAt(left, y + 3, { width: p * full, height: height - 7, fill: INKS[ink] }) +
        textAt(left + p * full + 5, y + height / 2 + 3.5, percent(p), {
          size: 10.5,
        })
      );
    });
    return (
      head +
      textAt(side, top + 12, `margin ${margin}`, { size: 10.5, anchor: "end" }) +
      bars.join("")
    );
  };
  return group(clean, "clean", 8) + group(disturbed, "changed", side / 2 + 6);
}

/** Names and values, one under the other. */
export function listPanel(side: number, rows: readonly (readonly [string, string])[]): string {
  const step = Math.min(22, (side - 20) / Math.max(1, rows.length));
  return rows
    .map(([name, value], k) => {
      const y = 22 + k * step;
      return (
        textAt(0, y, shortened(name)) +
        textAt(side, y, value, { anchor: "end", weight: 600 }) +
        lineFrom([0, y + 5.5], [side, y + 5.5], "#e3e5e6")
      );
    })
    .join("");
}

/** What of a name fits beside its value. */
function shortened(name: string): string {
  const [first = "", ...rest] = linesOf(name, 40);
  return rest.length > 0 ? `${first}…` : first;
}
