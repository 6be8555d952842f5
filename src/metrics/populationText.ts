/** What a picture's place among the model's populations means, in words, with how often the rule itself is wrong. */
import type { FarShare, FarShares, Place, PopulationId } from "./populations.ts";

const KINDS: Readonly<Record<PopulationId, string>> = {
  adult: "an adult’s frontal film",
  child: "a small child’s frontal film",
  phantom: "a phantom",
};

export interface PlaceSaid {
  /** Set off before the text; empty where nothing is wrong. */
  readonly lead: string;
  readonly text: string;
}

export function placeText(place: Place, measured: FarShares): PlaceSaid {
  if (place.isFar) {
    return {
      lead: "Unlike the pictures this model knows: trust no answer about it.",
      text: `Is it a frontal chest film, upright and not inverted? The same was said of ${share(measured.otherHospitals)} adult films of other hospitals, and of ${share(measured.photographs)} photographs.`,
    };
  }
  const { inverted, upsideDown } = measured;
  return {
    lead: "",
    text: `To the model it looks like ${KINDS[place.nearest]}. But it also takes ${inverted.n - inverted.far} of ${inverted.n} inverted films and ${upsideDown.n - upsideDown.far} of ${upsideDown.n} upside-down ones for frontal films, so look at it yourself.`,
  };
}

/**
 * A film with less than half the model's pixels along a side is mostly made up between them once it is blown up, however like a
 * radiograph it then looks: the distance alone takes some tiny ramps for films.
 * @param size side of the model's picture
 */
export function placedFilm(
  place: Place,
  measured: FarShares,
  given: { readonly film: { rows: number; cols: number } | undefined; readonly size: number },
): Place & PlaceSaid {
  const { film, size } = given;
  if (!film || Math.min(film.rows, film.cols) * 2 >= size || place.isFar)
    return { ...place, ...placeText(place, measured) };
  return {
    ...place,
    isFar: true,
    lead: "Too few pixels to be a radiograph: trust no answer about it.",
    text: `It has ${film.cols} x ${film.rows} pixels, and the model looks at ${size} x ${size}: most of what it would see is made up between them.`,
  };
}

function share({ far, n }: FarShare): string {
  return `${far} of ${n}`;
}
