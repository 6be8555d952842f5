/** Light or dark, as the reader chose or their machine has it. The light sheet is fetched when it is first wanted. */
import { loadPart } from "../../host/loadPart.ts";
import type { KeyStore } from "../../state/keyStore.ts";
import type { PageStore } from "../../state/pageStore.ts";

/** @returns when the page looks as it should: without the sheet it stays dark. */
export async function followTheme(keys: KeyStore, page: PageStore): Promise<void> {
  const system = matchMedia("(prefers-color-scheme: light)");
  const apply = async () => {
    const { theme } = keys.getState();
    const isLight = () => theme === "light" || (theme === "system" && system.matches);
    if (isLight()) await loadPart(() => import("../kit/light.css")).catch(() => {});
    if (theme !== keys.getState().theme) return;
    document.documentElement.dataset["theme"] = isLight() ? "light" : "dark";
    page.getState().set({ isLight: isLight() });
  };
  system.addEventListener("change", () => void apply());
  keys.subscribe((state, before) => {
    if (state.theme !== before.theme) void apply();
  });
  await apply();
}
