import { expect, test } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { createCaseStore } from "./caseStore.ts";
import { takeFilm } from "./takeFilm.ts";

test("page and engine hold the same films, however many come", () => {
  const film = (name: string) =>
    ({ rawSha256: name, values: new Int32Array(25) }) as unknown as Radiograph;
  const known = new Set<string>();
  const engine = {
    addRadiograph: (each: Radiograph) => void known.add(each.rawSha256!),
    forgetRadiograph: (sha256: string) => void known.delete(sha256),
  };
  const cases = createCaseStore(350);
  for (let k = 0; k < 50; k++) takeFilm({ cases, engine }, `film ${k}`, film(`film ${k}`));
  expect([...known]).toEqual(["film 47", "film 48", "film 49"]);
  expect(Object.keys(cases.getState().radiographs)).toEqual([...known]);
});
