/** Keys, mouse buttons, language, size of the text and light or dark, as this reader wants them, kept in the browser. What a command is called is the page's business. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";

const KEY = "penumbra-keys";

/** What a drag with the middle or the right button does on a viewer. */
export type DragRole = "pan" | "zoom" | "window";

export interface Buttons {
  readonly middle: DragRole;
  readonly right: DragRole;
}

/** "system": as the reader's machine has it. */
export type Theme = "system" | "dark" | "light";

/** With the words they are offered by. */
export const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "Light or dark as this machine has it"],
  ["dark", "Dark"],
  ["light", "Light"],
];

/** Of the words, in percent, with what each is called. */
export const TEXT_SIZES = [
  [100, "Text as it comes"],
  [115, "Larger text"],
  [130, "Largest text"],
] as const;

export type TextSize = (typeof TEXT_SIZES)[number][0];

/** With their own names for themselves. */
export const LANGUAGES = [
  ["en", "English"],
  ["es", "Español"],
] as const;

export type Language = (typeof LANGUAGES)[number][0];

interface OwnKeys {
  /** All keys of a command that has other keys than the bench gives it, by command. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly buttons: Buttons;
  readonly theme: Theme;
  readonly textSize: TextSize;
  readonly language: Language;
}

export interface KeyState extends OwnKeys {
  setKeys(command: string, keys: readonly string[]): void;
  setButton(button: keyof Buttons, role: DragRole): void;
  setTheme(theme: Theme): void;
  setTextSize(textSize: TextSize): void;
  /** Takes effect when the page is next loaded. */
  setLanguage(language: Language): void;
  /** Keys and buttons as the bench comes. */
  reset(): void;
}

export type KeyStore = StoreApi<KeyState>;

const ROLES: readonly unknown[] = ["pan", "zoom", "window"] satisfies DragRole[];
export const GIVEN: OwnKeys = {
  keys: {},
  buttons: { middle: "pan", right: "zoom" },
  theme: "system",
  textSize: 100,
  language: "en",
};

export function createKeyStore(): KeyStore {
  const store = createStore<KeyState>()((set) => ({
    ...kept(),
    setKeys: (command, keys) => set((now) => ({ keys: { ...now.keys, [command]: keys } })),
    setButton: (button, role) => set((now) => ({ buttons: { ...now.buttons, [button]: role } })),
    setTheme: (theme) => set({ theme }),
    setTextSize: (textSize) => set({ textSize }),
    setLanguage: (language) => set({ language }),
    reset: () => set({ keys: GIVEN.keys, buttons: GIVEN.buttons }),
  }));
  store.subscribe(({ keys, buttons, theme, textSize, language }) =>
    keep({ keys, buttons, theme, textSize, language }),
  );
  return store;
}

function keep(own: OwnKeys): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(own));
  } catch {
    // A browser that keeps nothing still has them in this visit.
  }
}

/** What was kept; whatever of it is not of this shape is as the bench gives it. */
function kept(): OwnKeys {
  try {
    const { keys, buttons, theme, textSize, language } = JSON.parse(
      localStorage.getItem(KEY) ?? "null",
    ) as Partial<OwnKeys>;
    const entries = Object.entries(keys ?? {}).filter(([, own]) => isKeys(own));
    const { middle, right } = { ...GIVEN.buttons, ...buttons };
    return {
      keys: Object.fromEntries(entries),
      buttons: {
        middle: ROLES.includes(middle) ? middle : GIVEN.buttons.middle,
        right: ROLES.includes(right) ? right : GIVEN.buttons.right,
      },
      theme: THEMES.find(([name]) => name === theme)?.[0] ?? GIVEN.theme,
      textSize: TEXT_SIZES.find(([size]) => size === textSize)?.[0] ?? GIVEN.textSize,
      language: LANGUAGES.find(([name]) => name === language)?.[0] ?? GIVEN.language,
    };
  } catch {
    return GIVEN;
  }
}

function isKeys(own: unknown): boolean {
  return Array.isArray(own) && own.length > 0 && own.every((key) => typeof key === "string");
}
