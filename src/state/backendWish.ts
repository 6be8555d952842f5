/** Which backend the reader wants in this browser: what the address asks for, else what was chosen here before. */
import type { BackendWish } from "../engine/protocol.ts";

const KEY = "penumbra-backend";
const PARAMETER = "backend";
const WISHES: readonly string[] = ["webgpu", "wasm", "auto"] satisfies BackendWish[];

/** `?backend=wasm`, `webgpu` or `auto` asks for one in this visit; without either the engine measures. */
export function backendWish(address: Location = location): BackendWish {
  const asked = new URLSearchParams(address.search).get(PARAMETER) ?? stored();
  return isWish(asked) ? asked : "auto";
}

/** Keeps a choice for later visits. The address no longer asks for another one. */
export function keepBackendWish(wish: BackendWish): void {
  try {
    localStorage.setItem(KEY, wish);
  } catch {
    // A browser that keeps nothing still runs what was chosen in this visit.
  }
  const url = new URL(location.href);
  url.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", url);
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function isWish(text: string | null): text is BackendWish {
  return text !== null && WISHES.includes(text);
}
