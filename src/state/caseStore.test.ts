import { expect, test } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { createCaseStore } from "./caseStore.ts";

/** Of four bytes a pixel; the page and the engine have a copy each. */
const film = (pixels: number) => ({ values: new Int32Array(pixels) }) as unknown as Radiograph;

test("the oldest films are let go, never the one that was opened now", () => {
  const { getState } = createCaseStore(200);
  expect(getState().add("a", film(10))).toEqual([]);
  expect(getState().add("b", film(10))).toEqual([]);
  // Opened again: now the newest.
  expect(getState().add("a", film(10))).toEqual([]);
  expect(getState().add("c", film(10))).toEqual(["b"]);
  expect(Object.keys(getState().radiographs)).toEqual(["a", "c"]);
  expect(getState().add("d", film(1000))).toEqual(["a", "c"]);
  expect(Object.keys(getState().radiographs)).toEqual(["d"]);
});

test("a study’s films stay, whatever is opened beside them", () => {
  const { getState } = createCaseStore(200);
  getState().keep("s", film(1000));
  getState().keep("t", film(1000));
  expect(getState().add("a", film(10))).toEqual([]);
  expect(getState().add("s", film(1000))).toEqual([]);
  expect(getState().add("b", film(20))).toEqual(["a"]);
  expect(Object.keys(getState().radiographs).sort()).toEqual(["b", "s", "t"]);
});

test("which file a film came from outlasts its pixels, so that it can be read again", () => {
  const { getState } = createCaseStore(100);
  for (let k = 0; k < 120; k++) {
    getState().add(`film ${k}`, film(10));
    getState().remember(`film ${k}`, new File([], `${k}.dcm`));
  }
  expect(Object.keys(getState().radiographs)).toEqual(["film 119"]);
  expect(Object.keys(getState().files)).toHaveLength(100);
  expect(getState().files["film 20"]?.name).toBe("20.dcm");
});
