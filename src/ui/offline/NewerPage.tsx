/** Says that the page on the server is newer than this one; nothing changes under the reader's hands. */
import { ReloadButton } from "../context/ErrorBoundary.tsx";
import { Icon } from "../kit/icons.tsx";
import { usePage, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./offline.module.css";

export function NewerPage() {
  const { page } = useStores();
  const isReady = usePage((s) => s.isNewerReady);
  if (!isReady) return null;
  return (
    <div className={styles.newer} role="status">
      <p>A newer version of this page is ready.</p>
      <ReloadButton />
      <Button
        aria-label="Stay with this version for now"
        onClick={() => page.getState().set({ isNewerReady: false })}
      >
        <Icon name="close" size={14} />
      </Button>
    </div>
  );
}
