/** One picture of a replay on a canvas, with what was read off it written under it. */
import { attentionRgb } from "../../experiment/exports/figurePictures.ts";
import type { FrameSequence } from "../../experiment/instruments/instrumentResult.ts";
import { decimal, signed } from "../../numerics/decimalText.ts";

/** Of the canvas that is shown and recorded, in its own pixels. */
export const CINE = { side: 448, caption: 46 } as const;

/** @param withAttention colours where the answer looks. */
export function drawFrame(
  context: CanvasRenderingContext2D,
  sequence: FrameSequence,
  at: number,
  withAttention: boolean,
): void {
  const { size } = sequence;
  const small = document.createElement("canvas");
  small.width = size;
  small.height = size;
  const data = new ImageData(framePixels(sequence, at, withAttention), size, size);
  small.getContext("2d")?.putImageData(data, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, CINE.side, CINE.side);
  drawCaption(context, sequence, at);
}

/** RGBA of one picture, [size * size * 4]. */
export function framePixels(
  { size, pictures, attention }: FrameSequence,
  at: number,
  withAttention: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = pictures.subarray(at * size * size, (at + 1) * size * size);
  const out = new Uint8ClampedArray(4 * size * size).fill(255);
  if (!attention || !withAttention) {
    for (let i = 0; i < bytes.length; i++) out.fill(bytes[i]!, 4 * i, 4 * i + 3);
    return out;
  }
  const { grid, maps } = attention;
  const cells = grid[0] * grid[1];
  const shown = { grid, map: maps.subarray(at * cells, (at + 1) * cells) };
  const rgb = attentionRgb(
    Float32Array.from(bytes, (byte) => byte / 255),
    size,
    shown,
    sharedPeak(maps),
  );
  for (let i = 0; i < bytes.length; i++) {
    out[4 * i] = rgb[3 * i]!;
    out[4 * i + 1] = rgb[3 * i + 1]!;
    out[4 * i + 2] = rgb[3 * i + 2]!;
  }
  return out;
}

const peaks = new WeakMap<Float32Array, number>();

/** The 99th percentile over all pictures, so that colours keep their meaning while the cine runs. */
function sharedPeak(maps: Float32Array): number {
  const known = peaks.get(maps);
  if (known !== undefined) return known;
  const sorted = Float32Array.from(maps).sort();
  const peak = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 1;
  peaks.set(maps, peak);
  return peak;
}

function drawCaption(
  context: CanvasRenderingContext2D,
  { frames, flipFrame }: FrameSequence,
  at: number,
): void {
  const frame = frames[at]!;
  const isFlipped =
    flipFrame !== null && at >= flipFrame && frame.answer === frames[flipFrame]!.answer;
  context.fillStyle = "#0a0b0c";
  context.fillRect(0, CINE.side, CINE.side, CINE.caption);
  context.font = "600 14px Inter, Helvetica, Arial, sans-serif";
  context.fillStyle = isFlipped ? "#ff6b61" : "#5fc3d4";
  context.fillText(answerLine(frame), 8, CINE.side + 18);
  context.font = "12px Inter, Helvetica, Arial, sans-serif";
  context.fillStyle = "#a0a9ae";
  context.fillText(
    `Step ${frame.step}, cosine ${decimal(frame.cosine, 3)}. Penumbra, research and teaching only.`,
    8,
    CINE.side + 36,
  );
}

export function answerLine({ answer, margin }: FrameSequence["frames"][number]): string {
  if (answer === null || margin === null) return "no answer";
  return `${answer}, margin ${signed(margin)} logits`;
}
