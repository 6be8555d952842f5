import { definePerturbation } from "./perturbation.ts";

/** Half of the line's 3 pixels, and of the head's 20. */
const HALF_LINE = 1.5;
const HALF_HEAD = 10;
/** Share of the arrow that is its head. */
const HEAD = 0.2;

/** VSF-Med's random arrow: a white line of 3 pixels with a head, from one random point to another. */
export const arrow = definePerturbation({
  id: "arrow",
  label: "Arrow",
  help: "Draws a white arrow between two random points, as a reader's mark left in an exported picture. It points at nothing.",
  group: "overlay",
  strength: "opacity",
  params: {
    opacity: {
      label: "Opacity",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 is white.",
    },
  },
  extra: {},
  transform(image, { width, height }, { opacity }, random) {
    const point = () => [random.integer(width), random.integer(height)] as const;
    const [from, to] = [point(), point()];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy) || 1;
    return image.map((v, i) => {
      const [x, y] = [(i % width) - from[0], Math.floor(i / width) - from[1]];
      const along = (x * dx + y * dy) / length;
      const aside = Math.abs(x * dy - y * dx) / length;
      // From the tip the head widens to its full breadth.
      const behindTip = (length - along) / (HEAD * length);
      const isLine = along >= -0.5 && along <= length + 0.5 && aside <= HALF_LINE;
      const isHead = behindTip >= 0 && behindTip <= 1 && aside <= HALF_HEAD * behindTip;
      return isLine || isHead ? v + opacity * (1 - v) : v;
    });
  },
});
