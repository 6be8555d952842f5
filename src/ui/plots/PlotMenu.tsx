/** What a reader can do with a plot: enlarge it, change its scale, save it as a picture or as a table. */
import { memo } from "react";
import { Menu } from "@mantine/core";
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { useStores } from "../context/stores.ts";
import { Icon } from "../kit/icons.tsx";
import { Button } from "../kit/Button.tsx";
import type { PlotScales } from "./Plot.tsx";
import type { Drawable } from "./drawable.ts";

/** Which of several things a plot shows. */
export interface PlotChoice {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

export const PlotMenu = memo(function PlotMenu(props: {
  readonly spec: Drawable;
  readonly scales: PlotScales;
  readonly onScales: (scales: PlotScales) => void;
  readonly onEnlarge: () => void;
  readonly choice: PlotChoice | null;
}) {
  const { spec, scales, onScales, onEnlarge, choice } = props;
  const { results } = useStores();
  const saveAs = (format: "png" | "svg" | "csv") => {
    loadPart(() => import("./exportPlot.ts"))
      .then(({ savePlotImage, savePlotTable }) =>
        format === "csv" ? savePlotTable(spec) : savePlotImage(spec, scales, format),
      )
      .catch((error: unknown) => results.getState().refuse(toErrorData(error)));
  };
  return (
    <Menu
      position="bottom-end"
      width={300}
      portalProps={{ target: "#layer" }}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button aria-label={`${spec.title}: enlarge or save`} title="Enlarge or save this plot">
          <Icon name="more" size={13} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onEnlarge}>Enlarge: zoom, values, legend</Menu.Item>
        {choice && (
          <Menu.RadioGroup value={choice.value} onChange={choice.onChange}>
            {choice.options.map(({ value, label }) => (
              <Menu.RadioItem key={value} value={value}>
                {label}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        )}
        {"x" in spec && spec.x.offersLog && (
          <Menu.Item onClick={() => onScales({ ...scales, logX: !scales.logX })}>
            {scales.logX ? "Linear horizontal axis" : "Logarithmic horizontal axis"}
          </Menu.Item>
        )}
        {"y" in spec && spec.y.offersLog && (
          <Menu.Item onClick={() => onScales({ ...scales, logY: !scales.logY })}>
            {scales.logY ? "Linear vertical axis" : "Logarithmic vertical axis"}
          </Menu.Item>
        )}
        <Menu.Item onClick={() => saveAs("png")}>Save picture (PNG)</Menu.Item>
        <Menu.Item onClick={() => saveAs("svg")}>Save drawing (SVG)</Menu.Item>
        <Menu.Item onClick={() => saveAs("csv")}>Save values (CSV)</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
});
