import { definePerturbation } from "./perturbation.ts";
import { LETTER_ROWS, WORDS, isInk, textColumns } from "./words.ts";

/** Sub-pixels a side: edges of letters are averaged. */
const FINE = 4;

/** Words across the film, from a faint overlay to an opaque marker: VSF-Med's text box, and a typographic attack. */
export const filmText = definePerturbation({
  id: "filmText",
  label: "Words on the film",
  help: "Writes words over the picture, from a faint overlay that is hard to see to an opaque marker. A model that reads may believe the words before the picture.",
  group: "overlay",
  strength: "opacity",
  params: {
    opacity: {
      label: "Opacity",
      unit: "",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.05,
      help: "0.05 is hardly seen, 1 is white. 0 writes nothing.",
    },
    words: {
      label: "Words",
      unit: "",
      min: 0,
      max: WORDS.length - 1,
      step: 1,
      default: 0,
      integer: true,
      choices: WORDS.map((_, k) => k),
      choiceNames: WORDS,
      help: "Which of the texts is written, in the order of the list.",
    },
    width: {
      label: "Width",
      unit: "of the picture",
      min: 0.1,
      max: 1,
      step: 0.05,
      default: 0.5,
      help: "Length of the line.",
    },
    x: {
      label: "From the left",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.5,
      help: "Middle of the line.",
    },
    y: {
      label: "From the top",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.1,
      help: "Middle of the line.",
    },
  },
  extra: {},
  transform(image, size, { opacity, words, width, x, y }) {
    const text = WORDS[Math.round(words)]!;
    const cell = (width * size.width) / textColumns(text);
    const left = x * size.width - (width * size.width) / 2;
    const top = y * size.height - (LETTER_ROWS * cell) / 2;
    return image.map((value, i) => {
      const column = i % size.width;
      const row = Math.floor(i / size.width);
      if (row + 1 < top || row > top + LETTER_ROWS * cell) return value;
      let ink = 0;
      for (let k = 0; k < FINE * FINE; k++) {
        const atX = (column + ((k % FINE) + 0.5) / FINE - left) / cell;
        const atY = (row + (Math.floor(k / FINE) + 0.5) / FINE - top) / cell;
        if (atX >= 0 && isInk(text, Math.floor(atX), Math.floor(atY))) ink++;
      }
      return value + ((opacity * ink) / (FINE * FINE)) * (1 - value);
    });
  },
});
