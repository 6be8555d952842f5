/** The blind quiz: which of these two was attacked? */
import { useEffect, useMemo, useRef, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { AS_GIVEN, UNIT_SCALE, grayPixels } from "../../image/display.ts";
import { quizRounds } from "../../lesson/quiz.ts";
import { BUNDLED_SIZE } from "../../model/catalog.ts";
import type { QuizAnswer, QuizRound } from "../../lesson/quiz.ts";
import { useRoom, useStores } from "../context/stores.ts";
import { leaveRoom } from "./openRoom.ts";
import { QuizResult } from "./QuizResult.tsx";
import { startQuizLane } from "./quizLane.ts";
import type { QuizPictures } from "./quizLane.ts";
import { Dialog } from "../kit/Dialog.tsx";
import styles from "./quiz.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function Quiz() {
  const stores = useStores();
  const count = useRoom((s) => s.quizRounds);
  const seed = useRoom((s) => s.seed);
  return (
    <Dialog
      opened={count !== null}
      onClose={() => leaveRoom(stores)}
      size="min(1120px, 96vw)"
      label="Blind quiz"
      title="Which of these was attacked?"
      closeLabel="Close the quiz"
      className={styles.dialog}
    >
      {count !== null && <Rounds key={`${seed} ${count}`} seed={seed} count={count} />}
    </Dialog>
  );
}

function Rounds({ seed, count }: { readonly seed: number; readonly count: number }) {
  const { engine, link, results } = useStores();
  const rounds = useMemo(() => quizRounds(seed, count), [seed, count]);
  const [answers, setAnswers] = useState<readonly QuizAnswer[]>([]);
  const [isShown, setShown] = useState(false);
  const [pictures, setPictures] = useState<readonly (QuizPictures | string)[]>([]);
  // The bench is out of sight: what it computes would only make the reader wait.
  useEffect(() => {
    const rest = () => {
      if (results.getState().busy) link.cancel();
    };
    rest();
    const awake = results.subscribe(rest);
    return () => {
      awake();
      link.rerun();
    };
  }, [link, results]);
  useEffect(() => {
    const lane = startQuizLane(engine, rounds);
    let isOver = false;
    for (const round of lane.rounds) {
      const add = (made: QuizPictures | string) =>
        !isOver && setPictures((before) => [...before, made]);
      round.then(add, (error: unknown) => add(toErrorData(error).message));
    }
    return () => {
      isOver = true;
      lane.end();
    };
  }, [engine, rounds]);
  const at = answers.length - (isShown ? 1 : 0);
  const round = rounds[at];
  const made = pictures[at];
  if (!round) return <QuizResult answers={answers} seed={seed} />;
  if (typeof made === "string") {
    return (
      <p className={styles.lead} role="alert">
        {made}
      </p>
    );
  }
  const say = (isLeft: boolean) => {
    if (!made || isShown) return;
    const { epsilon } = round;
    const answer = {
      epsilon,
      isRight: isLeft === round.isLeft,
      ssim: made.ssim,
      flipped: made.flipped,
    };
    setAnswers([...answers, answer]);
    setShown(true);
  };
  return (
    <>
      <p className={styles.lead}>
        {`Film ${at + 1} of ${count}. One of the two was changed by an attack on the model; the other is untouched. Nothing you say leaves this tab.`}
      </p>
      <div className={styles.pair}>
        <Film
          name="Left"
          picture={made && (round.isLeft ? made.attacked : made.clean)}
          size={made?.size ?? BUNDLED_SIZE}
          mark={isShown ? round.isLeft : null}
          onChoose={() => say(true)}
        />
        <Film
          name="Right"
          picture={made && (round.isLeft ? made.clean : made.attacked)}
          size={made?.size ?? BUNDLED_SIZE}
          mark={isShown ? !round.isLeft : null}
          onChoose={() => say(false)}
        />
      </div>
      <div className={styles.foot} role="status">
        {!made && <p>Preparing this pair…</p>}
        {made && !isShown && <p>Choose the film that was attacked.</p>}
        {made && isShown && (
          <>
            <Told round={round} answer={answers[at]!} />
            <button
              ref={focusOn}
              type="button"
              className={styles.next}
              onClick={() => setShown(false)}
            >
              {at + 1 === count ? "See the score" : "Next film"}
            </button>
          </>
        )}
      </div>
    </>
  );
}

/** The keyboard goes on where the eye is: the films can't be chosen any more. */
function focusOn(button: HTMLButtonElement | null): void {
  button?.focus();
}

function Told({ round, answer }: { readonly round: QuizRound; readonly answer: QuizAnswer }) {
  return (
    <p>
      <b data-right={answer.isRight}>{answer.isRight ? "Right." : "No."}</b>{" "}
      {`It was the ${round.isLeft ? "left" : "right"} one: at most ${round.epsilon} of 255 grey levels a pixel, SSIM ${decimal(answer.ssim, 3)}. `}
      {answer.flipped ? "The model’s answer turned." : "The model’s answer held."}
    </p>
  );
}

function Film(props: {
  readonly name: string;
  readonly picture: Float32Array | undefined;
  readonly size: number;
  /** Whether it was the attacked one, once that is told. */
  readonly mark: boolean | null;
  readonly onChoose: () => void;
}) {
  const { name, picture, size, mark, onChoose } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!picture) return;
    const pixels = grayPixels(picture, UNIT_SCALE, AS_GIVEN);
    canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, size, size), 0, 0);
  }, [picture, size]);
  return (
    <button
      type="button"
      className={styles.film}
      disabled={!picture || mark !== null}
      data-attacked={mark ?? undefined}
      aria-label={`${name} film was attacked`}
      onClick={onChoose}
    >
      <canvas ref={canvas} width={size} height={size} data-waiting={!picture} />
      <span>{mark === null ? name : mark ? "Attacked" : "Untouched"}</span>
    </button>
  );
}
