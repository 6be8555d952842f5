import { withHiddenText } from "../image/lsb.ts";
import { definePerturbation } from "./perturbation.ts";
import { WORDS } from "./words.ts";

/** Writes words into one bit of every pixel's grey level, as steganography does (VSF-Med's hidden message and hidden plane). */
export const hiddenText = definePerturbation({
  id: "hiddenText",
  label: "Hidden text",
  help: "Writes words into one bit of every grey level, where no reader sees them. They survive a lossless file, and JPEG destroys them.",
  group: "overlay",
  strength: "plane",
  params: {
    plane: {
      label: "Bit",
      unit: "",
      min: 0,
      max: 8,
      step: 1,
      default: 1,
      integer: true,
      help: "1 is the lowest bit, one grey level of 255, which nobody sees; 8 the highest. 0 writes nothing.",
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
  },
  extra: {},
  transform: (image, _size, { plane, words }) =>
    withHiddenText(image, WORDS[Math.round(words)]!, Math.max(1, Math.round(plane))),
});
