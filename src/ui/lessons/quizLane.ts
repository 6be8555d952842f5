/** Computes the rounds of the quiz ahead of the reader, on an engine of their own; the bench stays as it is. */
import { fault, fromErrorData } from "../../errors/labError.ts";
import type { EngineEvent } from "../../engine/protocol.ts";
import type { StageResults } from "../../experiment/results.ts";
import type { QuizRound } from "../../lesson/quiz.ts";
import type { LanePort } from "../../state/studyStore.ts";

export interface QuizPictures {
  readonly size: number;
  readonly clean: Float32Array;
  readonly attacked: Float32Array;
  readonly ssim: number;
  readonly flipped: boolean | null;
}

export interface QuizLane {
  /** The pictures of each round, in order, as they come. */
  readonly rounds: readonly Promise<QuizPictures>[];
  end(): void;
}

export function startQuizLane(engine: LanePort, rounds: readonly QuizRound[]): QuizLane {
  let hear: (event: EngineEvent) => void = () => {};
  const lane = engine.background({ onEvent: (event) => hear(event) });
  lane.start("wasm");
  const compute = (round: QuizRound) =>
    new Promise<QuizPictures>((resolve, reject) => {
      const stages: Partial<StageResults> = {};
      hear = (event) => {
        if (event.type === "run" && event.event.type === "stage") {
          Object.assign(stages, { [event.event.stage]: event.event.payload });
        } else if (event.type === "failed") reject(fromErrorData(event.error));
        else if (event.type === "done") {
          const pictures = picturesOf(stages);
          if (pictures) resolve(pictures);
          else reject(fault("a round of the quiz has no pictures"));
        }
      };
      lane.submit(round.spec, "full");
    });
  const made: Promise<QuizPictures>[] = [];
  for (const round of rounds) {
    const before = made.at(-1) ?? Promise.resolve();
    const pictures = before.then(() => compute(round));
    // Whoever looks at the round is told; one that nobody reaches fails in silence.
    pictures.catch(() => {});
    made.push(pictures);
  }
  return { rounds: made, end: () => lane.dispose() };
}

function picturesOf({ input, disturbed, metrics }: Partial<StageResults>): QuizPictures | null {
  if (!input || !disturbed || !metrics) return null;
  return {
    size: input.size,
    clean: input.image,
    attacked: disturbed.image,
    ssim: metrics.ssim,
    flipped: metrics.flipped,
  };
}
