/** Says that the page on the server is newer than this one; nothing changes under the reader's hands. */
import { ReloadButton } from "../app/ErrorBoundary.tsx";
import { Icon } from "../app/icons.tsx";
import { usePage, useStores } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import styles from "./offline.module.css";

export function NewerPage() {
  const { page } = useStores();
  const isReady = usePage((s) => s.isNewerReady);
  if (!isReady) return null;
  return (
    <div className={styles.newer} role="status">
      <p>A newer version of this page is ready.</p>
      <ReloadButton />
      <button
        type="button"
        className={controls.button}
        aria-label="Stay with this version for now"
        onClick={() => page.getState().set({ isNewerReady: false })}
      >
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
