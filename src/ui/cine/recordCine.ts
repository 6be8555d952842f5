/** A replay as a film file, by the browser's own recorder. */
import { LabError } from "../../errors/labError.ts";
import type { FrameSequence } from "../../experiment/instruments/instrumentResult.ts";
import { saveBlob } from "../kit/saveBlob.ts";
import { CINE, drawFrame } from "./drawFrame.ts";

/** How long each picture is shown, and the one that turns the answer. */
export const FRAME_MS = 220;
const FLIP_MS = 900;

const FORMATS = [
  { type: "video/webm;codecs=vp9", ending: "webm" },
  { type: "video/webm", ending: "webm" },
  { type: "video/mp4", ending: "mp4" },
] as const;

/** @throws LabError "browser-unable" where this browser records nothing */
export async function recordCine(sequence: FrameSequence, withAttention: boolean): Promise<void> {
  const format =
    typeof MediaRecorder === "undefined"
      ? undefined
      : FORMATS.find(({ type }) => MediaRecorder.isTypeSupported(type));
  const canvas = document.createElement("canvas");
  canvas.width = CINE.side;
  canvas.height = CINE.side + CINE.caption;
  const context = canvas.getContext("2d");
  if (!format || !context || !("captureStream" in canvas)) {
    throw new LabError("browser-unable", "This browser can't record the replay.", {
      hint: "Chromium, Firefox and Safari of the last years can; the figure shows single pictures.",
    });
  }
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: format.type });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  for (let at = 0; at < sequence.frames.length; at++) {
    drawFrame(context, sequence, at, withAttention);
    const ms = at === sequence.flipFrame || at === sequence.frames.length - 1 ? FLIP_MS : FRAME_MS;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
  recorder.stop();
  await ended;
  saveBlob(
    new Blob(parts, { type: format.type.split(";")[0]! }),
    `penumbra-attack.${format.ending}`,
  );
}
