/** The first minute: five cards, each beside the thing it speaks of. Nothing is blocked while it is open. */
import { useEffect, useRef, useState } from "react";
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { giveFocusBack } from "../kit/lastFocus.ts";
import styles from "./guide.module.css";
import { GUIDE } from "./guideSteps.ts";
import type { GuideStep } from "./guideSteps.ts";

export function Guide() {
  const index = useView((s) => s.guideStep);
  const step = index === null ? undefined : GUIDE[index];
  return step && index !== null ? <Card key={index} step={step} index={index} /> : null;
}

function Card({ step, index }: { readonly step: GuideStep; readonly index: number }) {
  const { view } = useStores();
  const box = useTargetBox(step.target);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The keyboard goes with the card, and back when the guide is closed.
    card.current?.querySelector<HTMLElement>("button:last-child")?.focus({ preventScroll: true });
    return () => queueMicrotask(() => giveFocusBack(null));
  }, []);
  const go = (next: number | null) => view.getState().set({ guideStep: next });
  const isLast = index === GUIDE.length - 1;
  return (
    <>
      {box && (
        <div
          className={styles.ring}
          aria-hidden="true"
          data-testid="guide-ring"
          style={{
            left: box.left - 5,
            top: box.top - 5,
            width: box.width + 10,
            height: box.height + 10,
          }}
        />
      )}
      <div
        ref={card}
        className={styles.card}
        role="dialog"
        data-guide-card
        aria-label={`Guide, ${step.title}`}
        style={place(box)}
      >
        <h2>{step.title}</h2>
        <p>{step.text}</p>
        <div className={styles.foot}>
          <span>{`${index + 1} of ${GUIDE.length}`}</span>
          <Button onClick={() => go(null)}>Close guide</Button>
          {index > 0 && <Button onClick={() => go(index - 1)}>Back</Button>}
          <Button look="outlined" onClick={() => go(isLast ? null : index + 1)}>
            {isLast ? "Done" : "Next"}
          </Button>
        </div>
      </div>
    </>
  );
}

/** Where the step's target is on screen, followed while the page scrolls or resizes. */
function useTargetBox(selector: string): DOMRect | null {
  const [box, setBox] = useState<DOMRect | null>(null);
  useEffect(() => {
    const target = document.querySelector(selector);
    target?.scrollIntoView({ block: "nearest" });
    const measure = () => setBox(target?.getBoundingClientRect() ?? null);
    measure();
    window.addEventListener("resize", measure);
    window.addEventListener("scroll", measure, true);
    return () => {
      window.removeEventListener("resize", measure);
      window.removeEventListener("scroll", measure, true);
    };
  }, [selector]);
  return box;
}

const CARD = { width: 300, height: 190, gap: 16 };

/** Beside the target where there is room, else over or under it, whichever side has more. The answer is what a guide points to. */
function place(box: DOMRect | null): React.CSSProperties {
  const top = (wanted: number) =>
    Math.max(56, Math.min(window.innerHeight - CARD.height - 12, wanted));
  const answer = document.querySelector('[data-part="Answer"]')?.getBoundingClientRect();
  const right = box ? box.right + CARD.gap + CARD.width : 0;
  const coversAnswer =
    box && answer && right > answer.left && box.top < answer.bottom && box.right < answer.left;
  if (coversAnswer && box.bottom + CARD.gap + CARD.height < window.innerHeight) {
    return { left: box.left, top: box.bottom + CARD.gap };
  }
  if (box && !coversAnswer && right < window.innerWidth) {
    return { left: box.right + CARD.gap, top: top(box.top) };
  }
  if (box && box.left - CARD.gap - CARD.width > 0) {
    return { left: box.left - CARD.gap - CARD.width, top: top(box.top) };
  }
  const centered = { left: "50%", transform: "translateX(-50%)" };
  if (box && box.top > window.innerHeight - box.bottom) {
    return {
      ...centered,
      bottom: window.innerHeight - Math.min(box.top, window.innerHeight) + CARD.gap,
    };
  }
  return box && box.bottom + CARD.gap + CARD.height < window.innerHeight
    ? { ...centered, top: box.bottom + CARD.gap }
    : { ...centered, bottom: CARD.gap };
}
