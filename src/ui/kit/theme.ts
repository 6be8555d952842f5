/** Mantine's theme, mapped to the bench's own tokens (tokens.css) so that menus and dialogs look like the rest. */
import { Menu, createTheme } from "@mantine/core";

export const theme = createTheme({
  fontFamily: '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", sans-serif',
  primaryColor: "lagoon",
  primaryShade: 4,
  defaultRadius: 5,
  fontSizes: { xs: "11.5px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  components: {
    Menu: Menu.extend({ styles: { item: { padding: "5px 12px" } } }),
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
    dark: [
      "#e8ebec",
      "#c3c9cc",
      "#a0a9ae",
      "#838d92",
      "#353c40",
      "#262b2e",
      "#16191b",
      "#0f1112",
      "#0c0d0e",
      "#0a0b0c",
    ],
  },
});
