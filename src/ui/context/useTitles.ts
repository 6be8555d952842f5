/** Names of buttons with the key this reader has for them. */
import { titleOf } from "./keymap.ts";
import type { Command } from "./keymap.ts";
import { useKeys } from "./stores.ts";

export function useTitles(): (command: Command) => string {
  const own = useKeys((s) => s.keys);
  return (command) => titleOf(command, own);
}
