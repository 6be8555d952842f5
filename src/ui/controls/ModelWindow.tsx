/** Which grey window and which part of a film the model is given; what is on screen is another matter. */
import { PARAMS } from "../../experiment/params.ts";
import type { WindowSpec } from "../../experiment/spec.ts";
import { squareOf } from "../../image/filmSquare.ts";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import { automaticWindow } from "../../image/voi.ts";
import { setSquare } from "../../state/specEdits.ts";
import { useExperiment, useStores } from "../context/stores.ts";
import { distributionOnce } from "../picture/distributionOnce.ts";
import { placed } from "../picture/placedSquare.ts";
import { Select } from "../kit/Select.tsx";
import { Row } from "../kit/Row.tsx";
import { ParamSlider } from "./ParamSlider.tsx";

export function ModelWindow({ radiograph }: { readonly radiograph: Radiograph }) {
  const { edit } = useStores().experiment.getState();
  const window = useExperiment((s) => s.spec.window);
  const distribution = distributionOnce(radiograph);
  const range = Math.max(1, distribution.max - distribution.min);
  const step = range > 100 ? 1 : range / 200;
  const set = (next: WindowSpec) => edit((spec) => ({ ...spec, window: next }));
  const choose = (kind: string) => {
    if (kind.startsWith("file")) {
      const index = Number(kind.slice("file ".length));
      return set({ kind: "file", ...(index > 0 ? { index } : {}) });
    }
    if (kind !== "manual") return set({ kind: kind as "automatic" | "full" });
    const { center, width } = automaticWindow(distribution);
    set({ kind: "manual", center, width });
  };
  return (
    <>
      <ModelPart radiograph={radiograph} />
      <Row
        label="Model gets"
        // A file that holds several windows names each, with its numbers.
        isWide={radiograph.vois.length > 1}
        help="The grey window that the model is given. Dragging on the pictures changes the display only."
      >
        <Select
          aria-label="Window for the model"
          value={window.kind === "file" ? `file ${window.index ?? 0}` : window.kind}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {radiograph.vois.map((voi, index) => (
            <option key={index} value={`file ${index}`}>
              {radiograph.vois.length === 1 ? "from the file" : `file: ${nameOf(voi)}`}
            </option>
          ))}
          <option value="automatic">automatic</option>
          <option value="full">full range</option>
          <option value="manual">by hand</option>
        </Select>
      </Row>
      {window.kind === "manual" && (
        <>
          <ParamSlider
            context="Model's window"
            meta={{
              ...PARAMS["window.center"],
              min: Math.floor(distribution.min),
              max: Math.ceil(distribution.max),
              step,
              default: window.center,
            }}
            value={window.center}
            accent="clean"
            onChange={(center) => set({ ...window, center })}
          />
          <ParamSlider
            context="Model's window"
            meta={{
              ...PARAMS["window.width"],
              min: Math.max(1, step),
              max: Math.ceil(range),
              step,
              default: window.width,
            }}
            value={window.width}
            accent="clean"
            onChange={(width) => set({ ...window, width })}
          />
        </>
      )}
    </>
  );
}

/** All of it, or a square: the one in the middle, or where the reader puts it. */
function ModelPart({ radiograph }: { readonly radiograph: Radiograph }) {
  const { experiment, view } = useStores();
  const square = useExperiment(({ spec }) =>
    spec.case.kind === "file" ? spec.case.square : undefined,
  );
  const choose = (kind: string) => {
    const { edit } = experiment.getState();
    if (kind === "whole") return edit(setSquare({ kind }));
    if (kind === "usual") return edit(setSquare(undefined));
    edit(setSquare(placed(radiograph, squareOf(radiograph))));
    view.getState().set({ layout: "film", tool: "square" });
  };
  return (
    <Row
      label="Of the film"
      help="Which part of the film the model is given. Black bars beside a whole film are nothing it was trained on."
    >
      <Select
        aria-label="Part of the film for the model"
        value={square?.kind ?? "usual"}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="usual">as it takes films</option>
        <option value="placed">a square I place</option>
        <option value="whole">all, with black bars</option>
      </Select>
    </Row>
  );
}

function nameOf(voi: Voi): string {
  const name = voi.explanation ?? "";
  if (voi.kind === "table") return name === "" ? "table" : name;
  return `${name} W ${voi.width} C ${voi.center}`.trim();
}
