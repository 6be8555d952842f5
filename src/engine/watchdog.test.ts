// A worker that hangs is noticed; a page that slept, with its worker, is not taken for one.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

let now = 0;
beforeEach(() => {
  now = 1000;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Seconds in which the page's timers run. */
function awake(seconds: number): void {
  for (let k = 0; k < seconds; k++) {
    now += 1000;
    vi.advanceTimersByTime(1000);
  }
}

/** Seconds in which no timer does: a closed lid, a frozen tab. */
function asleep(seconds: number): void {
  now += 1000 * seconds;
}

function watched() {
  const silences: number[] = [];
  const dog = new Watchdog((seconds) => {
    silences.push(seconds);
    dog.ended();
  });
  dog.started();
  dog.ready();
  dog.asked();
  return { dog, silences };
}

test("a busy worker that says nothing for 45 seconds is given up, and one that speaks is not", () => {
  const { dog, silences } = watched();
  awake(40);
  dog.heard();
  awake(44);
  expect(silences).toEqual([]);
  awake(5);
  expect(silences).toEqual([45]);
  dog.dispose();
});

test("eight hours behind a closed lid are no silence, in whatever second it was closed", () => {
  const { dog, silences } = watched();
  awake(20);
  asleep(8 * 3600);
  awake(20);
  expect(silences).toEqual([]);
  // What it then says nothing about counts from where it stood.
  awake(9);
  expect(silences).toEqual([45]);
  dog.dispose();
});

test("a tab in the background, whose timers come once a minute, still notices in the end", () => {
  const { dog, silences } = watched();
  for (let k = 0; k < 22; k++) {
    asleep(58);
    awake(2);
  }
  expect(silences).toEqual([]);
  for (let k = 0; k < 3; k++) {
    asleep(58);
    awake(2);
  }
  expect(silences).toEqual([45]);
  dog.dispose();
});
