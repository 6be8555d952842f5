/** Shows the film at its own resolution, or draws a phantom finer, in place of the small picture that the model is given. */
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { DETAIL_LIMIT, PHANTOM_SIZE } from "../picture/useDetail.ts";
import { useModelBox } from "../picture/useModelBox.ts";
import { usePanePicture } from "./usePaneLayers.ts";
import styles from "./viewer.module.css";

export function ResolutionToggle() {
  const { view } = useStores();
  const isOn = useView((s) => s.fullResolution);
  const { size } = usePanePicture();
  const given = `The model is given ${size} x ${size}.`;
  const square = useModelBox();
  const side = square ? Math.round(Math.max(square.width, square.height)) : PHANTOM_SIZE;
  const shown = Math.min(side, DETAIL_LIMIT);
  const title = !square
    ? `Draws the phantom at ${side} x ${side}. ${given}`
    : shown < side
      ? `Shows the film at ${shown} x ${shown} of its ${side} x ${side} pixels, with all its grey values. ${given}`
      : `Shows the film’s own ${side} x ${side} pixels, with all its grey values. ${given}`;
  return (
    <Button
      className={styles.resolution}
      aria-pressed={isOn}
      title={title}
      onClick={() => view.getState().set({ fullResolution: !isOn })}
    >
      {!square ? "Finer" : shown < side ? `${shown} pixels` : "Full resolution"}
    </Button>
  );
}
