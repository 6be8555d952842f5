/** Name, the standing warning, the backend, and the doors to sharing, the guide and help. */
import { KEYMAP } from "../context/keymap.ts";
import { useTitles } from "../context/useTitles.ts";
import { Locked } from "../context/Locked.tsx";
import { useView, useStores } from "../context/stores.ts";
import { ModelMenu } from "../models/ModelMenu.tsx";
import { BenchMenu } from "./BenchMenu.tsx";
import { BackendChip } from "./BackendChip.tsx";
import { Icon, Mark } from "../kit/icons.tsx";
import { ShareButton } from "../share/ShareButton.tsx";
import { Button } from "../kit/Button.tsx";
import styles from "./app.module.css";

export function TopBar() {
  const { lessons, view } = useStores();
  const title = useTitles();
  const guideStep = useView((s) => s.guideStep);
  return (
    <header className={styles.bar}>
      <Button look="outlined" className={styles.skip} onClick={askNow}>
        Go to the question
      </Button>
      <h1 className={styles.brand}>
        <Mark /> Penumbra
      </h1>
      <p className={styles.warning}>Research and teaching only. Not for diagnosis.</p>
      <span className={styles.space} />
      <Locked name="model">
        <ModelMenu />
      </Locked>
      <BackendChip />
      <ShareButton />
      <Button onClick={() => view.getState().set({ studiesOpen: true })}>Studies</Button>
      <BenchMenu />
      <Button onClick={() => lessons.getState().set({ isListOpen: true })}>
        <Icon name="lesson" size={14} /> Lessons
      </Button>
      <Button
        aria-pressed={guideStep !== null}
        onClick={() => view.getState().set({ guideStep: guideStep === null ? 0 : null })}
      >
        <Icon name="guide" size={14} /> Guide
      </Button>
      <Button
        aria-label={title("help").replace(KEYMAP.help.does, "Help")}
        title={title("help")}
        onClick={() => view.getState().set({ helpOpen: true })}
      >
        <Icon name="help" />
      </Button>
    </header>
  );
}

/** For the keyboard: past some sixty stops. A link would change the address, which holds the experiment. */
function askNow(): void {
  document.querySelector<HTMLElement>("[data-question]")?.focus();
}
