/** The page's side of the service worker (src/sw.ts): registers it and tells what it keeps and whether a newer page waits. */
import type { PageStore } from "../../state/pageStore.ts";

const TAKEOVER_LIMIT_MS = 5_000;

let registered: ServiceWorkerRegistration | undefined;

/** Never throws: a browser that refuses leaves a page that needs its server. */
export async function keepPage(page: PageStore): Promise<void> {
  const { set } = page.getState();
  // The types promise the container; a page without https or localhost has none.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!container || !import.meta.env.PROD) {
    set({ keeping: isSecureContext ? "refused" : "insecure" });
    return;
  }
  try {
    const registration = await container.register(new URL("sw.js", document.baseURI));
    const look = () => {
      const { active, installing, waiting } = registration;
      const keeping = active ? "kept" : (installing ?? waiting) ? "keeping" : "refused";
      set({ keeping, isNewerReady: active !== null && waiting !== null });
    };
    const follow = () => registration.installing?.addEventListener("statechange", look);
    registration.addEventListener("updatefound", follow);
    follow();
    look();
    registered = registration;
  } catch {
    set({ keeping: "refused" });
  }
}

/** Lets the newer page take over, then calls back; at once where none waits. */
export function takeNewerPage(whenTaken: () => void): void {
  const waiting = registered?.waiting;
  if (!waiting) {
    whenTaken();
    return;
  }
  let isTaken = false;
  const take = () => {
    if (isTaken) return;
    isTaken = true;
    whenTaken();
  };
  navigator.serviceWorker.addEventListener("controllerchange", take, { once: true });
  // A browser may let the older one finish first; then the newer takes over between this page and the next.
  setTimeout(take, TAKEOVER_LIMIT_MS);
  waiting.postMessage({ type: "SKIP_WAITING" });
}
