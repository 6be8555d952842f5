/** A picture that is drawn off the page's thread. */
import { useEffect, useMemo, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { useStores } from "../context/stores.ts";

/**
 * How a picture is drawn. Make it in a function outside of the component: a closure made in one holds all that the component
 * sees, the picture before this one as well.
 */
export interface Drawing<T> {
  draw(): Promise<T>;
}

export interface Drawn<T> {
  /** Null until it is there. */
  readonly picture: T | null;
  readonly isUnderWay: boolean;
}

/** The picture that is wanted; a refusal is told the reader. */
export function useDrawn<T>(wanted: Drawing<T> | null): Drawn<T> {
  const { results } = useStores();
  // Stands for the drawing in the state: the state would hold it, it the picture before, that its drawing, and so every film of a day.
  const token = useMemo(() => wanted && {}, [wanted]);
  const [drawn, setDrawn] = useState<{ readonly of: object; readonly picture: T | null } | null>(
    null,
  );
  useEffect(() => {
    if (!wanted || !token) return;
    let isOver = false;
    wanted.draw().then(
      (picture) => {
        if (!isOver) setDrawn({ of: token, picture });
      },
      (error: unknown) => {
        if (isOver) return;
        setDrawn({ of: token, picture: null });
        results.getState().refuse(toErrorData(error));
      },
    );
    return () => {
      isOver = true;
    };
  }, [wanted, token, results]);
  const isOver = drawn?.of === token;
  return { picture: token && isOver ? drawn.picture : null, isUnderWay: token !== null && !isOver };
}
