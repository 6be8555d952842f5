/**
 * Colour maps, interpolated in OKLab (Ottosson 2020) between a few control points whose lightness rises evenly,
 * so that equal differences of value look like equal differences, also to a colour-blind reader and in a grey print.
 */

export type ColorMapName = "grey" | "lagoon" | "ember" | "signed";

/** Lightness 0..1, chroma, hue in degrees. */
type Oklch = readonly [lightness: number, chroma: number, hue: number];

const CONTROL_POINTS: Readonly<Record<Exclude<ColorMapName, "grey">, readonly Oklch[]>> = {
  /** Violet through sea green to yellow: attention and saliency over a grey radiograph. */
  lagoon: [
    [0.2, 0.1, 300],
    [0.35, 0.12, 275],
    [0.5, 0.1, 220],
    [0.65, 0.13, 165],
    [0.8, 0.18, 125],
    [0.95, 0.18, 105],
  ],
  /** Black through plum and orange to cream: unsigned magnitudes such as |difference|. */
  ember: [
    [0.0, 0.0, 300],
    [0.27, 0.12, 295],
    [0.46, 0.19, 330],
    [0.64, 0.21, 15],
    [0.81, 0.15, 60],
    [0.98, 0.05, 95],
  ],
  /** Blue below, near-black at zero, orange above: signed differences. Blue and orange survive every common deficiency. */
  signed: [
    [0.86, 0.09, 225],
    [0.66, 0.15, 245],
    [0.44, 0.15, 262],
    [0.16, 0.0, 262],
    [0.44, 0.12, 45],
    [0.66, 0.16, 55],
    [0.86, 0.11, 75],
  ],
};

/**
 * 256 sRGB colours as r, g, b bytes: entry i at [3i, 3i + 3). "signed" has its neutral between entries 127 and 128.
 */
export function colorMap(name: ColorMapName): Uint8Array {
  const out = new Uint8Array(256 * 3);
  const points = name === "grey" ? undefined : CONTROL_POINTS[name].map(fromOklch);
  for (let i = 0; i < 256; i++) {
    if (points) out.set(toSrgbBytes(interpolate(points, i / 255)), 3 * i);
    else out.fill(i, 3 * i, 3 * i + 3);
  }
  return out;
}

/** Index 0..255 of a signed value: -limit, 0, limit become 0, the neutral middle, 255; values beyond the limit clip. */
export function signedIndex(value: number, limit: number): number {
  if (!(limit > 0)) return 128;
  return Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, value / limit)));
}

type Oklab = readonly [lightness: number, a: number, b: number];

function fromOklch([lightness, chroma, hue]: Oklch): Oklab {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function interpolate(points: readonly Oklab[], position: number): Oklab {
  const scaled = position * (points.length - 1);
  const index = Math.min(points.length - 2, Math.floor(scaled));
  const t = scaled - index;
  const from = points[index]!;
  const to = points[index + 1]!;
  const mix = (k: 0 | 1 | 2) => from[k] + t * (to[k] - from[k]);
  return [mix(0), mix(1), mix(2)];
}

/** Keeps lightness and hue and gives up just as much chroma as it takes for the colour to exist on a screen. */
function toSrgbBytes([lightness, a, b]: Oklab): [number, number, number] {
  const at = (chroma: number) => toLinearRgb([lightness, a * chroma, b * chroma]);
  let inside = 0;
  let outside = 1;
  if (isOnScreen(at(1))) inside = 1;
  else {
    for (let step = 0; step < 20; step++) {
      const middle = (inside + outside) / 2;
      if (isOnScreen(at(middle))) inside = middle;
      else outside = middle;
    }
  }
  const [red, green, blue] = at(inside);
  return [gammaByte(red), gammaByte(green), gammaByte(blue)];
}

function isOnScreen(linear: readonly number[]): boolean {
  return linear.every((part) => part >= 0 && part <= 1);
}

/** The matrices are those of the OKLab definition. */
function toLinearRgb([lightness, a, b]: Oklab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function gammaByte(linear: number): number {
  const clipped = Math.max(0, Math.min(1, linear));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(255 * encoded);
}
