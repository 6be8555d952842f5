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
  // A browser may hold the newer one back for as long as the older one is busy; then the server is asked instead.
  setTimeout(() => {
    if (!isTaken) void letGo().then(take);
  }, TAKEOVER_LIMIT_MS);
  waiting.postMessage({ type: "SKIP_WAITING" });
}

/** Takes the older worker away where the server answers, so that the next page comes from there and registers its own. */
async function letGo(): Promise<void> {
  try {
    const answer = await fetch(new URL("sw.js", document.baseURI), { cache: "no-store" });
    if (answer.ok) await registered?.unregister();
  } catch {
    // No connection: the page that is kept is better than none.
  }
}
