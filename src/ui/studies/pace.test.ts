import { expect, test } from "vitest";
import { createPace } from "./pace.ts";

test("rows come at the pace of the time in which there was work, a night behind a closed lid left out", () => {
  const pace = createPace(1000);
  for (let k = 1; k <= 10; k++) pace.row(1000 + 2000 * k);
  expect(pace.secondsPerRow()).toBe(2);
  const night = 8 * 3600 * 1000;
  for (let k = 11; k <= 100; k++) pace.row(1000 + night + 2000 * k);
  expect(pace.secondsPerRow()).toBeCloseTo((98 * 2 + 60) / 99, 9);
});

test("the first row, which also loads the model, tells the pace only while it is alone", () => {
  const pace = createPace(0);
  pace.row(20_000);
  expect(pace.secondsPerRow()).toBe(20);
  pace.row(21_000);
  pace.row(22_000);
  expect(pace.secondsPerRow()).toBe(1);
});
