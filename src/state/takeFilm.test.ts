import { expect, test } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { createCaseStore } from "./caseStore.ts";
import { takeFilm } from "./takeFilm.ts";

test("page and engine hold the same films, and together no more bytes than they may, however many come", () => {
  const film = (name: string) =>
    ({ rawSha256: name, values: new Int32Array(25) }) as unknown as Radiograph;
  const known = new Map<string, Radiograph>();
  const engine = {
    addRadiograph: (each: Radiograph) => void known.set(each.rawSha256!, each),
    forgetRadiograph: (sha256: string) => void known.delete(sha256),
  };
  const mostBytes = 700;
  const cases = createCaseStore(mostBytes);
  const bytes = (films: Iterable<Radiograph>) =>
    [...films].reduce((sum, { values }) => sum + values.byteLength, 0);
  for (let k = 0; k < 50; k++) {
    takeFilm({ cases, engine }, `film ${k}`, film(`film ${k}`));
    const held = bytes(Object.values(cases.getState().radiographs)) + bytes(known.values());
    expect(held).toBeLessThanOrEqual(mostBytes);
  }
  expect([...known.keys()]).toEqual(["film 47", "film 48", "film 49"]);
  expect(Object.keys(cases.getState().radiographs)).toEqual([...known.keys()]);
});
