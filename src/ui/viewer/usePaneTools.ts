/** Pointer and keys of one viewer: they go to the tool in hand (tools/). */
import { useCallback, useEffect, useRef, useState } from "react";
import type { KeyboardEvent, RefObject } from "react";
import type { Stroke } from "../../experiment/spec.ts";
import { useStores, useView } from "../context/stores.ts";
import { useStrokePainter } from "../brush/useStrokePainter.ts";
import { usePointerGestures } from "../kit/usePointerGestures.ts";
import { panBy, toImage, zoomAt } from "../picture/viewGeometry.ts";
import type { Point } from "../kit/pointers.ts";
import type { Surface, Tool } from "./tools/tool.ts";
import { toolInHand, toolPressed } from "./tools/toolTable.ts";

export interface PaneTools {
  readonly tool: Tool;
  /** Pointer over the image, in fractions; null when it is elsewhere. */
  readonly hover: Point | null;
  /** Where the keyboard holds the tip of the tool. */
  readonly tip: Point | null;
  /** The stroke being drawn, before the engine has seen it. */
  readonly stroke: Stroke | null;
  onKeyDown(event: KeyboardEvent): void;
}

export function usePaneTools(ref: RefObject<HTMLElement | null>, canPaint: boolean): PaneTools {
  const stores = useStores();
  const painter = useStrokePainter();
  const inHand = useView((s) => s.tool);
  const tool = toolInHand(inHand, canPaint);
  const [hover, setHover] = useState<Point | null>(null);
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const [tip, setTip] = useState<Point | null>(null);
  const live = useRef({ painter, tip });
  useEffect(() => {
    live.current = { painter, tip };
  });

  const surface = useCallback((): Surface => {
    const extent = () => ({
      width: ref.current?.clientWidth ?? 0,
      height: ref.current?.clientHeight ?? 0,
    });
    return {
      stores,
      painter: live.current.painter,
      extent,
      onImage: (at) => toImage(at, extent(), stores.view.getState().camera),
      showStroke: setStroke,
      tip: { get: () => live.current.tip, set: setTip },
    };
  }, [ref, stores]);

  usePointerGestures(ref, {
    press: (at, press) =>
      toolPressed(press, tool, stores.keys.getState().buttons).onDown(
        at,
        surface(),
        press.pressure,
      ),
    hover: (at) => setHover(at && surface().onImage(at)),
    zoom: (factor, at) => {
      const { camera, set } = stores.view.getState();
      set({ camera: zoomAt(camera, factor, at, surface().extent()) });
    },
    pan: ({ x, y }) => {
      const { camera, set } = stores.view.getState();
      set({ camera: panBy(camera, x, y, surface().extent()) });
    },
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (!tool.onKey?.(event.key, surface())) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { tool, hover, tip, stroke, onKeyDown };
}
