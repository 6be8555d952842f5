import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchReader } from "./courtesy.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What the study was told, and the milliseconds after which. */
function watched(isBenchBusy: () => boolean = () => false) {
  const page = new EventTarget();
  vi.stubGlobal("document", page);
  const started = performance.now();
  const told: (readonly [boolean, number])[] = [];
  const courtesy = watchReader(isBenchBusy, (isHeld) =>
    told.push([isHeld, performance.now() - started]),
  );
  const touch = (type: string, more = {}) =>
    page.dispatchEvent(Object.assign(new Event(type), more));
  return { ...courtesy, told, touch };
}

test("a study stands still from the first touch until the hand has rested, and its time is counted", () => {
  const { told, touch, heldMs, end } = watched();
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([]);
  touch("pointerdown");
  for (let k = 0; k < 5; k++) {
    vi.advanceTimersByTime(300);
    touch("input");
  }
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([
    [true, 1000],
    [false, 1000 + 1500 + 600],
  ]);
  expect(heldMs()).toBe(2100);
  end();
});

test("it waits for what the bench computes for the reader, but not for minutes", () => {
  let isBusy = true;
  const { told, touch, end } = watched(() => isBusy);
  touch("keydown");
  vi.advanceTimersByTime(1000);
  isBusy = false;
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([
    [true, 0],
    [false, 1100],
  ]);
  isBusy = true;
  touch("keydown");
  vi.advanceTimersByTime(60_000);
  expect(told.slice(2)).toEqual([
    [true, 2000],
    [false, 4000],
  ]);
  end();
});

test("a mouse that is only moved is no hand on the page, and after the end nothing is heard", () => {
  const { told, touch, end } = watched();
  touch("pointermove", { buttons: 0 });
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([]);
  touch("pointermove", { buttons: 1 });
  expect(told).toEqual([[true, 1000]]);
  end();
  touch("pointerdown");
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(1);
});
