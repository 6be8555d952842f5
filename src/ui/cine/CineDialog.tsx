/** The attack as a cine: scrub through the pictures it tried, with answer, cosine and attention at each. */
import { useEffect, useRef, useState } from "react";
import type { FrameSequence } from "../../experiment/instruments/instrumentResult.ts";
import { toErrorData } from "../../errors/labError.ts";
import { editInstrument } from "../../state/specEdits.ts";
import { useExperiment, useResults, useRoom, useStores } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { CineStrip } from "./CineStrip.tsx";
import { CINE, answerLine, drawFrame } from "./drawFrame.ts";
import { FRAME_MS, recordCine } from "./recordCine.ts";
import styles from "./cine.module.css";
import { decimal } from "../../numerics/decimalText.ts";

const STAGE = "instrument:attackReplay";

export function CineDialog() {
  return (
    <WorkDialog
      door="replay"
      size="min(860px, 96vw)"
      label="Replay of the attack"
      closeLabel="Close the replay"
    >
      {() => <Replay />}
    </WorkDialog>
  );
}

function Replay() {
  const { experiment } = useStores();
  const isOn = useExperiment((s) =>
    s.spec.instruments.some(({ instrument, enabled }) => instrument === "attackReplay" && enabled),
  );
  const entry = useResults((s) => s.stages[STAGE]);
  const isStale = useResults((s) => entry !== undefined && entry.requestId !== s.requestId);
  const progress = useResults((s) => s.progress);
  const error = useResults((s) => s.error);
  const isLocked = useRoom((s) => s.locks.includes("measurements"));
  useEffect(() => {
    if (!isOn) experiment.getState().edit(editInstrument("attackReplay", { enabled: true }));
  }, [isOn, experiment]);
  if (!isOn && isLocked) {
    return (
      <p role="status">The replay is a measurement, and the instructor has locked those here.</p>
    );
  }
  const result = entry && !isStale ? entry.payload : undefined;
  if (result?.obstacle !== undefined) return <p role="status">{result.obstacle}</p>;
  if (error && !result) return <p role="alert">{error.message}</p>;
  if (!result?.frames) {
    return (
      <p role="status" className={styles.lead}>
        The attack is made once more, and every picture it tries is read. {progress?.label}
      </p>
    );
  }
  return (
    <>
      <p className={styles.lead}>{result.statement}</p>
      <Cine sequence={result.frames} />
    </>
  );
}

function Cine({ sequence }: { readonly sequence: FrameSequence }) {
  const { results } = useStores();
  const { frames, flipFrame } = sequence;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const [withAttention, setAttention] = useState(true);
  const [isRecording, setRecording] = useState(false);
  const last = frames.length - 1;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) drawFrame(context, sequence, at, withAttention);
  }, [sequence, at, withAttention]);
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => {
      if (at >= last) setPlaying(false);
      else setAt(at + 1);
    }, FRAME_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, at, last]);
  const play = () => {
    if (!isPlaying && at >= last) setAt(0);
    setPlaying(!isPlaying);
  };
  const record = async () => {
    setRecording(true);
    try {
      await recordCine(sequence, withAttention);
    } catch (error) {
      results.getState().refuse(toErrorData(error));
    } finally {
      setRecording(false);
    }
  };
  return (
    <div className={styles.cine}>
      <canvas
        ref={canvas}
        width={CINE.side}
        height={CINE.side + CINE.caption}
        role="img"
        aria-label={`Picture ${at + 1} of ${frames.length}: ${answerLine(frames[at]!)}`}
      />
      <div className={styles.side}>
        <CineStrip sequence={sequence} at={at} onChoose={setAt} />
        <input
          type="range"
          aria-label="Picture of the attack"
          aria-valuetext={`step ${frames[at]!.step}: ${answerLine(frames[at]!)}`}
          min={0}
          max={last}
          value={at}
          onChange={(event) => {
            setPlaying(false);
            setAt(Number(event.currentTarget.value));
          }}
        />
        <p className={styles.read} data-testid="cine-read">
          Step {frames[at]!.step}: {answerLine(frames[at]!)}, cosine{" "}
          {decimal(frames[at]!.cosine, 3)}
        </p>
        <div className={styles.actions}>
          <Button look="outlined" onClick={play}>
            {isPlaying ? "Pause" : "Play"}
          </Button>
          <Button
            look="outlined"
            disabled={flipFrame === null}
            onClick={() => {
              setPlaying(false);
              setAt(flipFrame ?? 0);
            }}
          >
            {flipFrame === null ? "The answer never turns" : "To where the answer turns"}
          </Button>
          {sequence.attention && (
            <label>
              <input
                type="checkbox"
                checked={withAttention}
                onChange={(event) => setAttention(event.currentTarget.checked)}
              />
              Attention ({sequence.attention.label})
            </label>
          )}
          <Button look="outlined" disabled={isRecording} onClick={() => void record()}>
            {isRecording ? "Recording, a few seconds" : "Save as a film (WebM)"}
          </Button>
        </div>
      </div>
    </div>
  );
}
