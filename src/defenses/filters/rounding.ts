/** Filters that round: their true gradient is zero almost everywhere, so the way back is approximated (BPDA). */
import { jpegPullback, jpegRoundTrip } from "../../image/jpegRoundTrip.ts";
import { filterDefense } from "../filterDefense.ts";

/** Athalye, Carlini & Wagner 2018, section 4.1.1: a filter that hardly moves a picture stands back as the identity. */
const identity = (cotangent: Float32Array): Float32Array => cotangent;

/** Grey levels are k / (2^bits - 1) with bits = 8 - removed. */
export const bitDepth = filterDefense({
  id: "bitDepth",
  label: "Bit depth",
  help: "Rounds the picture to fewer grey levels, so that changes below half a step vanish. Those that cross a step grow, and an attacker can look for them.",
  source: "Xu, Evans & Qi 2018, Feature Squeezing (arXiv:1704.01155), section III",
  params: {
    removed: {
      label: "Bits removed",
      unit: "of 8",
      min: 0,
      max: 7,
      step: 1,
      default: 4,
      integer: true,
      help: "4 leaves 16 grey levels, 7 leaves black and white. 0 leaves the picture exactly as it is.",
    },
  },
  strength: "removed",
  gradient: "bpda",
  filter: (_size, { removed = 0 }) => {
    const top = 2 ** (8 - removed) - 1;
    return (image) => ({
      image: image.map((value) => Math.round(Math.max(0, Math.min(1, value)) * top) / top),
      pullback: identity,
    });
  },
});

/** Quality is 100 - loss. */
export const jpegFilter = filterDefense({
  id: "jpegFilter",
  label: "JPEG",
  help: "Compresses and decompresses the picture as baseline JPEG, the same on every machine, which drops fine detail. It helps against an attacker who does not know of it, and little against one who does.",
  source:
    "Dziugaite, Ghahramani & Roy 2016 (arXiv:1608.00853); Guo, Rana, Cissé & van der Maaten 2018, Countering Adversarial Images using Input Transformations (arXiv:1711.00117)",
  params: {
    loss: {
      label: "Loss",
      unit: "",
      min: 0,
      max: 95,
      step: 1,
      default: 25,
      integer: true,
      help: "100 minus the JPEG quality. 0 leaves the picture exactly as it is, without any compression.",
    },
  },
  strength: "loss",
  gradient: "bpda",
  // Neither the rounding's smooth stand-in nor the identity is always the better way back: the attacker tries both.
  masks: true,
  filter: (size, { loss = 0 }) => {
    const square = { width: size, height: size };
    return (image) => ({
      image: jpegRoundTrip(image, square, 100 - loss),
      pullback: (cotangent) => jpegPullback(image, cotangent, square, 100 - loss),
    });
  },
});
