/** Tables of boxes that are opened together with films: which box belongs to which film. */
import { LabError } from "../../errors/labError.ts";
import type { FilmBoxes } from "../../experiment/spec.ts";
import { boxesFrom, boxesOf } from "../../study/boxesCsv.ts";

/** @throws LabError "spec-invalid" for a table that is none, or that names none of the films */
export async function boxesIn(
  tables: readonly File[],
  films: readonly File[],
): Promise<ReadonlyMap<File, FilmBoxes>> {
  const byFilm = new Map<File, FilmBoxes>();
  for (const table of tables) {
    const boxes = boxesFrom(await table.text());
    for (const film of films) {
      const own = boxesOf(boxes, film.webkitRelativePath || film.name);
      if (own) byFilm.set(film, own);
    }
  }
  if (byFilm.size > 0) return byFilm;
  throw new LabError(
    "spec-invalid",
    `${tables[0]!.name} marks nothing on the films opened with it.`,
    {
      hint: "Its column file must name them as they are called; the films are open without boxes.",
    },
  );
}
