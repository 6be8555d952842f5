/** Beside the model's answer in blind mode: what the reader had said before they saw it. */
import { blindKey } from "../../state/roomStore.ts";
import { useExperiment, useRoom } from "../context/stores.ts";
import { answerWord } from "../kit/formats.ts";
import styles from "./panels.module.css";

export function OwnReading() {
  const film = useExperiment((s) => blindKey(s.spec));
  const own = useRoom((s) => (s.hidden.includes("answers") ? s.readings[film] : undefined));
  if (own === undefined) return null;
  return (
    <p className={styles.note} data-testid="own-reading">
      <b>Your reading</b>: {answerWord(own)}.
    </p>
  );
}
