/** Inks and type of the running theme, read from the page's style sheet, so that plots follow it. */
import type { PlotTheme } from "./toPlotly.ts";

export function readTheme(element: Element): PlotTheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    inks: {
      clean: token("--clean"),
      changed: token("--disturbed"),
      neutral: token("--muted"),
      faint: token("--faint"),
    },
    text: token("--muted"),
    grid: token("--line"),
    panel: token("--panel"),
    font: style.fontFamily,
  };
}
