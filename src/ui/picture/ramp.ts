/** A colour map as the background of a legend's bar. */
const STOPS = 17;

/** @param map 256 colours as r, g, b bytes */
export function rampOf(map: Uint8Array): string {
  const stops = Array.from({ length: STOPS }, (_, k) => {
    const i = 3 * Math.round((k * 255) / (STOPS - 1));
    return `rgb(${map[i]} ${map[i + 1]} ${map[i + 2]})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
