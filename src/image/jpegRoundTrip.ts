/** What baseline JPEG does to a grey picture: 8-bit rounding, 8 x 8 DCT, quantisation and back. No browser codec involved. */

/** Example luminance quantisation table of the standard (ITU-T T.81, annex K.1), row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/** The table scaled to a quality of 1..100 as the Independent JPEG Group's encoder does. */
export function quantizationTable(quality: number): Float64Array {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Float64Array.from(LUMINANCE, (step) =>
    Math.max(1, Math.min(255, Math.floor((step * scale + 50) / 100))),
  );
}

/** Orthonormal DCT-II matrix of 8 points, [frequency * 8 + position]. */
const DCT = Float64Array.from({ length: 64 }, (_, i) => {
  const frequency = Math.floor(i / 8);
  const position = i % 8;
  const scale = frequency === 0 ? Math.sqrt(1 / 8) : 0.5;
  return scale * Math.cos(((2 * position + 1) * frequency * Math.PI) / 16);
});

/** Two-dimensional DCT of a block, D block D^T, or its inverse, D^T block D. */
function transform8x8(block: Float64Array, inverse: boolean): Float64Array {
  const at = (row: number, column: number) => DCT[inverse ? column * 8 + row : row * 8 + column]!;
  const half = new Float64Array(64);
  const out = new Float64Array(64);
  for (let u = 0; u < 8; u++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let y = 0; y < 8; y++) sum += at(u, y) * block[y * 8 + x]!;
      half[u * 8 + x] = sum;
    }
  }
  for (let u = 0; u < 8; u++) {
    for (let v = 0; v < 8; v++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += half[u * 8 + x]! * at(v, x);
      out[u * 8 + v] = sum;
    }
  }
  return out;
}

/** @param image [height * width] in [0, 1]. @param quality 1 to 100. @returns a new picture of values k/255. */
export function jpegRoundTrip(
  image: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  quality: number,
): Float32Array {
  const table = quantizationTable(quality);
  const out = new Float32Array(image.length);
  const block = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) {
        // Blocks beyond the edge repeat it.
        const y = Math.min(height - 1, top + Math.floor(i / 8));
        const x = Math.min(width - 1, left + (i % 8));
        const level = Math.round(image[y * width + x]! * 255);
        block[i] = Math.max(0, Math.min(255, level)) - 128;
      }
      const coefficients = transform8x8(block, false).map(
        (c, i) => Math.round(c / table[i]!) * table[i]!,
      );
      const decoded = transform8x8(coefficients, true);
      for (let i = 0; i < 64; i++) {
        const y = top + Math.floor(i / 8);
        const x = left + (i % 8);
        if (y >= height || x >= width) continue;
        out[y * width + x] = Math.max(0, Math.min(255, Math.round(decoded[i]! + 128))) / 255;
      }
    }
  }
  return out;
}

/**
 * The way back through `jpegRoundTrip` with a slope where its rounding has none: near each whole number n, rounding counts as
 * n + (x - n)^3 (Shin & Song 2017, JPEG-resistant Adversarial Images). Clipping counts as the identity.
 * @param cotangent of the output. @returns that of the image, both [height * width]
 */
export function jpegPullback(
  image: Float32Array,
  cotangent: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  quality: number,
): Float32Array {
  const table = quantizationTable(quality);
  const back = new Float32Array(image.length);
  const block = new Float64Array(64);
  const seen = new Float64Array(64);
  const at = (top: number, left: number, i: number) =>
    Math.min(height - 1, top + Math.floor(i / 8)) * width + Math.min(width - 1, left + (i % 8));
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) {
        const isInside = top + Math.floor(i / 8) < height && left + (i % 8) < width;
        block[i] = image[at(top, left, i)]! * 255 - 128;
        seen[i] = isInside ? cotangent[at(top, left, i)]! : 0;
      }
      const coefficients = transform8x8(block, false);
      const slopes = transform8x8(seen, false).map((g, i) => {
        const steps = coefficients[i]! / table[i]!;
        return 3 * g * (steps - Math.round(steps)) ** 2;
      });
      transform8x8(slopes, true).forEach((g, i) => {
        back[at(top, left, i)]! += g;
      });
    }
  }
  return back;
}
