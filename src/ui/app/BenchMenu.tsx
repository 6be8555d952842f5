/** The doors to what a whole experiment can be used for: kept, exported, compared, replayed; and to every command by its name. */
import { Menu } from "@mantine/core";
import { LANGUAGES, TEXT_SIZES, THEMES } from "../../state/keyStore.ts";
import type { DialogName } from "../../state/viewStore.ts";
import { KEYMAP, keyName } from "../context/keymap.ts";
import { useKeys, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";

const DOORS: readonly { readonly dialog: DialogName; readonly label: string }[] = [
  { dialog: "archive", label: "Open from an archive (DICOMweb)" },
  { dialog: "sessions", label: "Sessions: keep, open, delete" },
  { dialog: "export", label: "Export: figure, numbers, script, citation" },
  { dialog: "replay", label: "Replay the attack as a cine" },
  { dialog: "compare", label: "Compare two systems on this case" },
  { dialog: "agreement", label: "Agreement of backends and weights" },
  { dialog: "kept", label: "Models kept in this browser, and a model hub" },
];

export function BenchMenu() {
  const { keys, reload, view } = useStores();
  const theme = useKeys((s) => s.theme);
  const textSize = useKeys((s) => s.textSize);
  const spoken = useKeys((s) => s.language);
  return (
    <Menu
      position="bottom-end"
      width={300}
      portalProps={{ target: "#layer" }}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button aria-label="More: sessions, export and all commands" title="More">
          <Icon name="more" /> More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {DOORS.map(({ dialog, label }) => (
          <Menu.Item key={dialog} onClick={() => view.getState().set({ dialog })}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Item
          rightSection={keyName(KEYMAP.palette.keys[0])}
          onClick={() => view.getState().set({ dialog: "palette" })}
        >
          All commands
        </Menu.Item>
        <Menu.Divider role="separator" />
        {THEMES.map(([value, label]) => (
          <Menu.Item
            key={value}
            aria-current={theme === value}
            rightSection={theme === value && "✓"}
            onClick={() => keys.getState().setTheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider role="separator" />
        {TEXT_SIZES.map(([size, label]) => (
          <Menu.Item
            key={size}
            aria-current={textSize === size}
            rightSection={textSize === size && "✓"}
            onClick={() => keys.getState().setTextSize(size)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider role="separator" />
        {LANGUAGES.map(([language, name]) => (
          <Menu.Item
            key={language}
            lang={language}
            aria-current={spoken === language}
            rightSection={spoken === language && "✓"}
            onClick={() => {
              keys.getState().setLanguage(language);
              reload();
            }}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
