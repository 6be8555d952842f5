/** One viewer: the canvas with its caption and corner texts. */
import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { Stroke } from "../../experiment/spec.ts";
import { isStale } from "../../state/resultStore.ts";
import type { PaneName } from "../../state/viewStore.ts";
import { useResults, useStores, useView } from "../context/stores.ts";
import { BrushBar } from "../brush/BrushBar.tsx";
import { ResolutionToggle } from "./ResolutionToggle.tsx";
import { CornerText } from "./CornerText.tsx";
import { AttentionScale } from "./AttentionScale.tsx";
import { OutlineLegend } from "./OutlineLegend.tsx";
import { paintPane } from "./panePainter.ts";
import { useDetail } from "../picture/useDetail.ts";
import { useOutlasts } from "../kit/useOutlasts.ts";
import { useExtent } from "../kit/useExtent.ts";
import { usePaneLayers, usePanePicture } from "./usePaneLayers.ts";
import { usePaneTools } from "./usePaneTools.ts";
import { brushTool } from "./tools/brushTool.ts";
import { eraserTool } from "./tools/eraserTool.ts";
import { toggleMaximized } from "./maximize.ts";
import { windowTool } from "./tools/windowTool.ts";
import styles from "./viewer.module.css";

const TITLES: Readonly<Record<PaneName, string>> = {
  clean: "Clean",
  disturbed: "Disturbed",
  difference: "Difference",
};

export function Pane(props: {
  readonly pane: PaneName;
  readonly explanation: string;
  /** Without maps and outlines over it, beside the viewer that has them. */
  readonly isBare?: boolean;
  readonly children?: ReactNode;
}) {
  const { pane, explanation, isBare = false, children } = props;
  const id = isBare ? `${pane}-bare` : pane;
  const { view } = useStores();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const extent = useExtent(frame);
  const camera = useView((s) => s.camera);
  const brush = useView((s) => s.brush);
  const hasMagnifier = useView((s) => s.magnifier);
  const isAlone = useView((s) => s.layout === "single");
  const canPaint = pane !== "difference";
  const tools = usePaneTools(frame, canPaint);
  const { detail, isUnderWay } = useDetail(pane === "clean");
  const isDrawing = useOutlasts(isUnderWay);
  const stroke = useHeldStroke(tools.stroke);
  const layers = usePaneLayers(pane, { stroke, detail, extent, isBare });
  const stale = useResults((s) => isStale(s, pane === "clean" ? "input" : "disturbed"));

  const { disturbed } = usePanePicture();
  const isWaiting = pane !== "clean" && disturbed === undefined;

  const isBrush = tools.tool === brushTool || tools.tool === eraserTool;
  const isEraser = tools.tool === eraserTool;
  const at = tools.hover ?? tools.tip;
  useEffect(() => {
    if (!canvas.current) return;
    const cursor = isBrush && at ? { at, radius: brush.radius, erase: isEraser } : null;
    const magnifier = hasMagnifier && !isBrush ? tools.hover : null;
    paintPane(canvas.current, extent, camera, { layers, cursor, magnifier });
  }, [extent, camera, layers, isBrush, at, brush.radius, isEraser, hasMagnifier, tools.hover]);

  return (
    <figure className={styles.pane} data-pane={pane} data-stale={stale} data-waiting={isWaiting}>
      <figcaption className={styles.caption}>
        <span className={styles.title}>{TITLES[pane]}</span>
        {isBrush && ((pane === "disturbed" && !isBare) || isAlone) ? (
          <BrushBar />
        ) : (
          <span className={styles.explanation} role={isDrawing ? "status" : undefined}>
            {isDrawing
              ? "Drawing it at full resolution…"
              : !detail
                ? explanation
                : detail.scale
                  ? "The film itself, not what the model was given."
                  : "Drawn finer than the model was given it."}
          </span>
        )}
        {pane === "clean" && !isBare && <ResolutionToggle />}
      </figcaption>
      {/* A viewer is one widget that takes pointer and keys itself, which no HTML element stands for. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={frame}
        className={styles.frame}
        style={{ cursor: tools.tool.cursor }}
        data-scrolls={tools.tool === windowTool}
        role="application"
        aria-label={`${TITLES[pane]} radiograph viewer${isBare ? ", bare" : ""}`}
        aria-describedby={`${id}-value`}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={tools.onKeyDown}
        // Two clicks of a brush are two dabs.
        onDoubleClick={isBrush ? undefined : () => toggleMaximized(view, pane)}
      >
        <canvas
          ref={canvas}
          className={styles.canvas}
          data-testid={`${id}-canvas`}
          role="img"
          aria-label={`${TITLES[pane]} radiograph`}
        />
        <CornerText pane={pane} id={id} hover={tools.hover} detail={detail} />
        {!isBare && <AttentionScale pane={pane} />}
        {!isBare && <OutlineLegend pane={pane} />}
        {isWaiting && <p className={styles.waiting}>Not disturbed yet</p>}
      </div>
      {children}
    </figure>
  );
}

/** The last stroke stays drawn after release until a new disturbed picture contains it. */
function useHeldStroke(drawing: Stroke | null): Stroke | null {
  const image = useResults((s) => s.stages.disturbed?.payload.image);
  const [held, setHeld] = useState<{ stroke: Stroke; over: Float32Array | undefined } | null>(null);
  if (drawing && held?.stroke !== drawing) setHeld({ stroke: drawing, over: image });
  if (drawing) return drawing;
  return held && held.over === image ? held.stroke : null;
}
