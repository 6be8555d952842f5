/** What a reading room prints into the corners of a picture, and the same as text for readers who can't see it. */
import type { PaneName } from "../../state/viewStore.ts";
import { useHidden } from "../context/useHidden.ts";
import { useView } from "../context/stores.ts";
import { choiceName, shownChoice } from "../picture/attentionMap.ts";
import { IDENTITY_WINDOW, statedWindow } from "../../image/display.ts";
import type { SquarePicture } from "../picture/detail.ts";
import type { Detail } from "../picture/useDetail.ts";
import { useMeasuredMap, usePanePicture, useReadout, useRelevance } from "./usePaneLayers.ts";
import type { Point } from "../kit/pointers.ts";
import styles from "./viewer.module.css";
import { decimal, signed, significant } from "../../numerics/decimalText.ts";

export function CornerText(props: {
  readonly pane: PaneName;
  /** Of the viewer; that of its pane, or of its bare twin. */
  readonly id: string;
  readonly hover: Point | null;
  readonly detail: Detail | null;
}) {
  const { pane, id, hover, detail } = props;
  const isShown = useView((s) => s.cornerText);
  const display = useView((s) => s.window);
  const zoom = useView((s) => s.camera.zoom);
  const invert = useView((s) => s.invert);
  const attention = useView((s) => s.attention);
  const readout = useReadout(pane);
  const { size, clean, disturbed } = usePanePicture();
  const window = detail?.scale ? statedWindow(display, detail.scale) : display;
  const side = detail?.native.size ?? size;
  const picture = pane === "clean" ? clean : (disturbed ?? clean);
  const relevance = useRelevance();
  const measured = useMeasuredMap();
  const isAsked = attention && readout && shownChoice(attention, readout).source === "relevance";
  const missing = relevance && "obstacle" in relevance ? ": this model has no gradient" : "";
  const state = isAsked ? (relevance ? missing : ": to come") : "";
  const map = attention?.source === "map" ? measured : undefined;
  const isBlind = useHidden("answers");
  const overlay =
    isBlind || id !== pane
      ? ""
      : pane !== "difference" && attention?.source === "map" && (map?.picture ?? pane) === pane
        ? (map?.label ?? "Measured map: to come")
        : attention?.source !== "map" && attention && readout && pane !== "difference"
          ? `${choiceName(attention, readout)}${state}`
          : "";
  const magnified = `${Math.round(zoom * 100)}%`;
  const isDragged =
    display.center !== IDENTITY_WINDOW.center || display.width !== IDENTITY_WINDOW.width;
  return (
    <>
      <span id={`${id}-value`} className="visually-hidden">
        {`Display window width ${Math.round(window.width)}, centre ${Math.round(window.center)}, zoom ${magnified}${invert ? ", inverted" : ""}. ${overlay}`}
      </span>
      {isShown && side > 0 && (
        <div className={styles.corners} data-corners="" aria-hidden="true">
          <span>{overlay}</span>
          <span>
            {hover && detail?.scale
              ? filmProbe(hover, detail.native)
              : hover && picture
                ? probe(hover, picture, { clean, size, pane })
                : ""}
          </span>
          <span>
            {pane !== "difference" &&
              `${isDragged ? "Display only: " : ""}W ${short(window.width)} C ${short(window.center)}${invert ? " inverted" : ""}`}
          </span>
          <span>{`${magnified}  ${side} x ${side}`}</span>
        </div>
      )}
    </>
  );
}

/** Whole numbers, and three digits of what is smaller. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? decimal(value, 0) : significant(value, 3);
}

/** The value that the film holds under the pointer, in its own units. */
function filmProbe(at: Point, { size, image }: SquarePicture): string {
  const col = Math.floor(at.x * size);
  const row = Math.floor(at.y * size);
  if (col < 0 || row < 0 || col >= size || row >= size) return "";
  return `${col}, ${row}: ${short(image[row * size + col]!)}`;
}

/** The grey level that the model was given under the pointer, or its change in the difference picture. */
function probe(
  at: Point,
  picture: Float32Array,
  shown: {
    readonly clean: Float32Array | undefined;
    readonly size: number;
    readonly pane: PaneName;
  },
): string {
  const { clean, size, pane } = shown;
  const col = Math.floor(at.x * size);
  const row = Math.floor(at.y * size);
  if (col < 0 || row < 0 || col >= size || row >= size) return "";
  const index = row * size + col;
  const level = 255 * picture[index]!;
  const change = level - 255 * (clean?.[index] ?? picture[index]!);
  return `${col}, ${row}: ${pane === "difference" ? signed(change, 1) : decimal(level, 0)}`;
}
