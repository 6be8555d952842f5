/** Light or dark, as the reader chose or their machine has it. The light sheet, and that of larger text, are fetched when they are first wanted. */
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
  const size = async () => {
    const { textSize } = keys.getState();
    const { dataset } = document.documentElement;
    if (textSize === 100) delete dataset["text"];
    else {
      await loadPart(() => import("../kit/text.css")).catch(() => {});
      if (textSize === keys.getState().textSize) dataset["text"] = String(textSize);
    }
  };
  system.addEventListener("change", () => void apply());
  keys.subscribe((state, before) => {
    if (state.theme !== before.theme) void apply();
    if (state.textSize !== before.textSize) void size();
  });
  await Promise.all([apply(), size()]);
}
