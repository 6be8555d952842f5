import { expect, test } from "vitest";
import { answersPanel, curvesPanel } from "./figurePlots.ts";

const said = (yes: number) =>
  ({ corrected: "yes", margin: 1, probabilities: { yes, no: 1 - yes } }) as never;

test("a figure prints no probability as nothing or as certain", () => {
  const panel = answersPanel(300, said(0.00088), said(0.5));
  expect(panel).toContain(">&lt;0.1%<");
  expect(panel).toContain(">&gt;99.9%<");
});

test("a change past the axis stands at its end and says so, and the curve keeps its width", () => {
  const curve = { name: "bound", x: [0, 0.1, 0.2], y: [1, 0.8, 0], ink: "clean" } as const;
  const axes = { x: "l2", y: "cosine", mark: { at: 2.81, label: "this change 2.81" } };
  const drawn = curvesPanel(300, [curve], {
    ...axes,
    range: { x: [0, 0.27], y: [0, 1] },
  });
  expect(drawn).toContain("this change 2.81, off the axis →");
  const path = /<path d="([^"]+)"/.exec(drawn)![1]!;
  const ends = path
    .split(/[ML]/)
    .filter(Boolean)
    .map((point) => Number(point.split(" ")[0]));
  // 0.2 of 0.27 of an axis from 44 to 292.
  expect(ends.at(-1)! - ends[0]!).toBeCloseTo((0.2 / 0.27) * 248, 0);
  expect(curvesPanel(300, [curve], axes)).not.toContain("off the axis");
});

test("a curve that proves nothing leaves no empty panel", () => {
  const none = { name: "bound", x: [0, 0.1], y: [NaN, NaN], ink: "clean" } as const;
  const point = { ...none, y: [1, NaN] };
  const some = { ...none, y: [1, 0.5] };
  const axes = { x: "l2", y: "cosine", empty: "Nothing is guaranteed." };
  for (const curve of [none, point]) {
    expect(curvesPanel(300, [curve], axes)).toContain("Nothing is guaranteed.");
  }
  expect(curvesPanel(300, [point, some], axes)).not.toContain("Nothing is guaranteed.");
});
