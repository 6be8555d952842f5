/** A lesson's sentence with its numbers as they are on the bench now. */
import { useEffect, useState } from "react";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { filled, placesOf, said } from "../../lesson/spoken.ts";
import type { Spoken } from "../../lesson/spoken.ts";
import { useStores } from "../context/stores.ts";
import { translated } from "../locale/locale.ts";
import { LANGUAGE, lessonState } from "./lessonSession.ts";
import styles from "./lesson.module.css";

export function LiveText(props: {
  readonly text: Spoken;
  /** The experiment that the sentence is about; while another one is on the bench it stays as it was. */
  readonly about?: ExperimentSpec | null | undefined;
}) {
  const { text, about } = props;
  const stores = useStores();
  const words = said(text, LANGUAGE);
  const [shown, setShown] = useState(() => filled(words, lessonState(stores), translated));
  useEffect(() => {
    if (placesOf(words).length === 0) return;
    const look = () => {
      if (about && stores.experiment.getState().spec !== about) return;
      setShown(filled(words, lessonState(stores), translated));
    };
    look();
    const ends = [stores.results.subscribe(look), stores.experiment.subscribe(look)];
    return () => ends.forEach((end) => end());
  }, [stores, words, about]);
  return <p className={styles.text}>{shown}</p>;
}
