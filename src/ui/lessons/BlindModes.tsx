/** The blind quiz, blind reading, the projector, and a clean start for the next group. */
import { HIDDEN, QUIZ_ROUNDS } from "../../lesson/room.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { NO_ROOM } from "../../state/roomStore.ts";
import { useRoom, useStores } from "../context/stores.ts";
import { enterRoom } from "./openRoom.ts";
import styles from "./lessons.module.css";

export function BlindModes({ onOpened }: { readonly onOpened: () => void }) {
  const stores = useStores();
  const isBlind = useRoom((s) => s.hidden.length > 0);
  const isProjector = useRoom((s) => s.isProjector);
  const seed = useRoom((s) => s.seed);
  const { set } = stores.room.getState();
  const startOver = () => {
    set({ ...NO_ROOM, isProjector });
    stores.view.getState().resetView();
    stores.experiment.getState().edit(defaultSpec);
    onOpened();
  };
  return (
    <ul className={styles.list}>
      <Choice
        title="Blind quiz"
        summary={`${QUIZ_ROUNDS.default} pairs of films. Which of the two was attacked? Scored against how large the change was, and against what it did to the model.`}
        onChoose={() => {
          onOpened();
          void enterRoom(stores, { quiz: QUIZ_ROUNDS.default, locks: [], hidden: [], seed });
        }}
      />
      <Choice
        title={isBlind ? "End blind reading" : "Blind reading"}
        summary="The truth, the names of films and what a phantom has are hidden, and the model’s answer too until you have given yours."
        isOn={isBlind}
        onChoose={() => {
          set({ hidden: isBlind ? [] : HIDDEN, readings: {} });
          onOpened();
        }}
      />
      <Choice
        title={isProjector ? "End projector mode" : "Projector mode"}
        summary="Large words and two films: what the last row of a room can read."
        isOn={isProjector}
        onChoose={() => {
          set({ isProjector: !isProjector });
          onOpened();
        }}
      />
      <Choice
        title="Start over"
        summary="The opening case, nothing locked, nothing hidden: for the next group. Undo brings the last group’s experiment back."
        onChoose={startOver}
      />
    </ul>
  );
}

function Choice(props: {
  readonly title: string;
  readonly summary: string;
  readonly isOn?: boolean;
  readonly onChoose: () => void;
}) {
  const { title, summary, isOn, onChoose } = props;
  return (
    <li>
      <button
        type="button"
        className={styles.card}
        data-plain
        aria-pressed={isOn}
        onClick={onChoose}
      >
        <span className={styles.title}>{title}</span>
        <span className={styles.summary}>{summary}</span>
      </button>
    </li>
  );
}
