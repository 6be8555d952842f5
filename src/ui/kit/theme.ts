/** Mantine's theme, mapped to the bench's own tokens (tokens.css) so that menus and dialogs look like the rest. */
import { Menu, createTheme } from "@mantine/core";

/** What is closed is gone: while it faded, it kept the focus and took the next key. */
const AT_ONCE = { exitDuration: 0 };

export const theme = createTheme({
  fontFamily: '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", sans-serif',
  primaryColor: "lagoon",
  primaryShade: 4,
  defaultRadius: 5,
  fontSizes: { xs: "11.5px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  components: {
    // Items are tab stops, so that a list longer than the screen can be reached and scrolled by keys.
    Menu: Menu.extend({
      defaultProps: { menuItemTabIndex: 0, transitionProps: AT_ONCE },
      styles: { item: { padding: "5px 12px" } },
    }),
    Popover: { defaultProps: { transitionProps: AT_ONCE } },
    ModalRoot: { defaultProps: { transitionProps: AT_ONCE } },
  },
  colors: {
    lagoon: [
      "#e6f7fa",
      "#c9edf2",
      "#a3dfe8",
      "#7dd0dd",
      "#5fc3d4",
      "#41a9ba",
      "#2f8795",
      "#226570",
      "#17474f",
      "#0e2d33",
    ],
    // The kit's dark scheme, light or dark as the tokens say (light.css).
    dark: [
      "var(--text)",
      "var(--text)",
      "var(--muted)",
      "var(--faint)",
      "var(--line-strong)",
      "var(--lift)",
      "var(--raised)",
      "var(--panel)",
      "var(--panel)",
      "var(--ground)",
    ],
  },
});
