import { expect, test } from "vitest";
import { noteDrawing, purgeWhenDrawn } from "./drawings.ts";

test("what is drawn is taken away only once every drawing has ended, also one that failed", async () => {
  const element = {} as HTMLElement;
  const done: string[] = [];
  const plotly = { purge: () => void done.push("purged") };
  let finish = () => {};
  noteDrawing(element, new Promise<void>((resolve) => (finish = resolve)));
  noteDrawing(element, Promise.reject(new Error("no room")));
  const purged = purgeWhenDrawn(plotly, element);
  await new Promise((resolve) => setTimeout(resolve));
  expect(done).toEqual([]);
  finish();
  await purged;
  expect(done).toEqual(["purged"]);
});

test("what is drawn after the wish to clear stays", async () => {
  const element = {} as HTMLElement;
  let purges = 0;
  noteDrawing(element, Promise.resolve());
  const purged = purgeWhenDrawn({ purge: () => void purges++ }, element);
  noteDrawing(element, Promise.resolve());
  await purged;
  expect(purges).toBe(0);
});

test("an element without a drawing is cleared at once", async () => {
  let purges = 0;
  await purgeWhenDrawn({ purge: () => void purges++ }, {} as HTMLElement);
  expect(purges).toBe(1);
});
