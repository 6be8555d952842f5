/** Looks for a message in the bit planes of the disturbed picture, and tells what a JPEG of quality 75 leaves of it. */
import { jpegRoundTrip } from "../../image/jpegRoundTrip.ts";
import { hiddenText } from "../../image/lsb.ts";
import { defineInstrument } from "./instrument.ts";

const PLANES = [1, 2, 3, 4, 5, 6, 7, 8];

export const hiddenTextDetector = defineInstrument({
  id: "hiddenTextDetector",
  label: "Hidden text detector",
  group: "robustness",
  help: "Reads every bit of the disturbed picture's grey levels and says whether words are written there. It finds text written as this lab writes it; silence does not prove that nothing is hidden.",
  source: "Least-significant-bit steganography, as in VSF-Med; Johnson & Jajodia 1998",
  params: {},
  needs: ["disturbed", "input"],
  async run({ disturbed, input: { size } }) {
    const found = PLANES.map((plane) => hiddenText(disturbed.image, plane));
    const plane = found.findIndex((text) => text !== undefined) + 1;
    const jpeg = jpegRoundTrip(disturbed.image, { width: size, height: size }, 75);
    const survives = PLANES.some((each) => hiddenText(jpeg, each) !== undefined);
    const text = found[plane - 1];
    return {
      statement:
        text === undefined
          ? "No message is written in any bit of the disturbed picture."
          : `Bit ${plane} of the disturbed picture says "${text}". A lossless file keeps it; JPEG of quality 75 ${survives ? "keeps it too" : "destroys it"}.`,
      quantities: [
        {
          id: "found",
          label: "Message found (1 yes, 0 no)",
          value: text === undefined ? 0 : 1,
          unit: "",
        },
        {
          id: "plane",
          label: "Bit it is written in, 1 is the lowest",
          value: text === undefined ? NaN : plane,
          unit: "",
          ...(text === undefined ? { note: "no message" } : {}),
        },
        {
          id: "survivesJpeg",
          label: "Message survives JPEG of quality 75 (1 yes, 0 no)",
          value: text === undefined ? NaN : survives ? 1 : 0,
          unit: "",
          ...(text === undefined ? { note: "no message" } : {}),
        },
      ],
    };
  },
});
