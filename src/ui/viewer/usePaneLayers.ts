/** Builds the layers of a viewer out of results and view settings, each rebuilt only when what it shows changes. */
import { useDeferredValue, useMemo } from "react";
import type { PictureMap } from "../../experiment/instruments/instrumentResult.ts";
import type { Readout, RelevanceResult } from "../../experiment/results.ts";
import { UNIT_SCALE, grayPixels } from "../../image/display.ts";
import type { Stroke } from "../../experiment/spec.ts";
import type { PaneName } from "../../state/viewStore.ts";
import { useHidden } from "../context/useHidden.ts";
import { useCases, useExperiment, useResults, useView } from "../context/stores.ts";
import { attentionMap, sharedPeak, shownChoice } from "../picture/attentionMap.ts";
import type { GridMap } from "../picture/attentionMap.ts";
import { differencePixels, heatPixels, maskOutline } from "../picture/drawRadiograph.ts";
import { differenceScale } from "../picture/differenceScale.ts";
import { cutOut } from "../picture/detail.ts";
import { nativePart } from "../picture/nativePart.ts";
import type { Detail } from "../picture/useDetail.ts";
import type { Extent } from "../kit/useExtent.ts";
import { bitmapOf } from "./panePainter.ts";
import type { Layer } from "./panePainter.ts";
import { outlinePixels, strokePixels } from "../picture/vectorLayers.ts";

export interface PanePicture {
  readonly size: number;
  readonly clean: Float32Array | undefined;
  readonly disturbed: Float32Array | undefined;
}

/**
 * Both pictures of the open case as they are known now; the page's own rendering stands in until the engine's arrives.
 * Pictures of another case are never shown as this one's: without any, the last clean one stays, marked stale.
 */
export function usePanePicture(): PanePicture {
  const open = useExperiment((s) => s.spec.case);
  const input = useResults((s) => s.stages.input);
  const disturbed = useResults((s) => s.stages.disturbed);
  const attack = useResults((s) => (s.spec?.case === open ? s.progress?.attack?.image : undefined));
  const provisional = useCases((s) => s.provisional);
  const isOwn = input?.spec.case === open;
  const standIn = !isOwn && open.kind === "phantom" && provisional?.phantom === open.phantom;
  const size = (standIn ? provisional?.size : input?.payload.size) ?? 0;
  const latest = attack ?? (disturbed?.spec.case === open ? disturbed.payload.image : undefined);
  return {
    size,
    clean: standIn ? provisional?.image : input?.payload.image,
    disturbed: latest?.length === size * size ? latest : undefined,
  };
}

/** The readout of one picture, if it belongs to the open case. */
export function useReadout(pane: PaneName): Readout | undefined {
  const open = useExperiment((s) => s.spec.case);
  const entry = useResults((s) => s.stages[pane === "clean" ? "clean" : "readout"]);
  return entry?.spec.case === open ? entry.payload : undefined;
}

/** What the answers on screen hang on; undefined until the newest request has explained its own. */
export function useRelevance(): RelevanceResult | undefined {
  return useResults(({ stages: { relevance }, requestId }) =>
    relevance?.requestId === requestId ? relevance.payload : undefined,
  );
}

/** The measured map that is chosen, with its grid; undefined where another overlay is, or none has been measured. */
export function useMeasuredMap(): PictureMap | undefined {
  const choice = useView((s) => s.attention);
  return useResults((s) =>
    choice?.source === "map"
      ? s.stages[`instrument:${choice.instrument}`]?.payload.maps?.find(
          ({ id }) => id === choice.map,
        )
      : undefined,
  );
}

export function usePaneLayers(
  pane: PaneName,
  {
    stroke,
    detail,
    extent,
    isBare,
  }: {
    readonly stroke: Stroke | null;
    readonly detail: Detail | null;
    readonly extent: Extent;
    /** The picture alone: no map and no outline over it. */
    readonly isBare: boolean;
  },
): readonly Layer[] {
  const { size, clean, disturbed } = usePanePicture();
  const window = useView((s) => s.window);
  const invert = useView((s) => s.invert);
  const heat = useHeatLayer(pane);
  const masks = useMaskLayer(pane);
  const sharp = useNativeLayer(pane === "clean" ? detail : null, extent);
  const image = pane === "clean" ? clean : (disturbed ?? clean);

  const base = useMemo(() => {
    if (pane === "clean" && detail) {
      const { size: side, image: values } = detail.preview;
      return bitmapOf(
        grayPixels(values, detail.scale ?? UNIT_SCALE, { window, invert }),
        side,
        side,
      );
    }
    if (!image || size === 0) return null;
    if (pane === "difference") {
      const pixels = differencePixels(clean ?? image, image, differenceScale(clean, image) / 255);
      return bitmapOf(pixels, size, size);
    }
    return bitmapOf(grayPixels(image, UNIT_SCALE, { window, invert }), size, size);
  }, [pane, detail, image, clean, size, window, invert]);

  const painted = useMemo(
    () => (stroke && pane !== "clean" ? bitmapOf(strokePixels(stroke, 448), 448, 448) : null),
    [stroke, pane],
  );

  return useMemo(() => {
    if (!base) return [];
    const layers: Layer[] = [{ bitmap: base, opacity: 1, smooth: false }];
    if (sharp) layers.push(sharp);
    if (heat && !isBare) layers.push(heat);
    if (masks && !isBare) layers.push(masks);
    if (painted) layers.push({ bitmap: painted, opacity: 0.85, smooth: true });
    return layers;
  }, [base, sharp, heat, masks, painted, isBare]);
}

/** The visible part of a film, pixel by pixel, over its preview. It may lag a frame behind a drag: the preview shows meanwhile. */
function useNativeLayer(detail: Detail | null, extent: Extent): Layer | null {
  const camera = useDeferredValue(useView((s) => s.camera));
  const window = useView((s) => s.window);
  const invert = useView((s) => s.invert);
  return useMemo(() => {
    if (!detail) return null;
    const { native, preview, scale } = detail;
    const box = nativePart(camera, extent, {
      native: native.size,
      preview: preview.size,
      ratio: Math.min(globalThis.devicePixelRatio || 1, 2),
    });
    if (!box) return null;
    const pixels = grayPixels(cutOut(native, box), scale ?? UNIT_SCALE, { window, invert });
    return {
      bitmap: bitmapOf(pixels, box.width, box.height),
      part: {
        x: box.left / native.size,
        y: box.top / native.size,
        width: box.width / native.size,
        height: box.height / native.size,
      },
      opacity: 1,
      smooth: false,
    };
  }, [detail, camera, extent, window, invert]);
}

/** The map over a pane, and the value that has the last colour. */
export interface Heat extends GridMap {
  readonly peak: number;
}

/** The same peak on both pictures, so that equal colours are equal values. */
export function useHeat(pane: PaneName): Heat | null {
  const choice = useView((s) => s.attention);
  const clean = useReadout("clean");
  const disturbed = useReadout("disturbed");
  const relevance = useRelevance();
  const measured = useMeasuredMap();
  // Where the model looks leads the reader's eye: first they look themselves.
  const isHidden = useHidden("answers");
  return useMemo(() => {
    if (isHidden || !choice || pane === "difference") return null;
    if (choice.source === "map") {
      if (!measured || (measured.picture ?? pane) !== pane) return null;
      const { data, grid } = measured;
      return { values: data, grid, peak: sharedPeak([data]) };
    }
    const maps = [clean, disturbed].map((readout, index) => {
      if (!readout) return undefined;
      if (shownChoice(choice, readout).source !== "relevance") return attentionMap(readout, choice);
      if (!relevance || "obstacle" in relevance) return undefined;
      const values = index === 0 ? relevance.clean : relevance.disturbed;
      return { values, grid: readout.grid };
    });
    const map = maps[pane === "clean" ? 0 : 1];
    return map ? { ...map, peak: sharedPeak(maps.map((each) => each?.values)) } : null;
  }, [choice, clean, disturbed, relevance, measured, pane, isHidden]);
}

export function useHeatLayer(pane: PaneName): Layer | null {
  const opacity = useView((s) => s.overlayOpacity);
  const name = useView((s) => s.colorMap);
  const heat = useHeat(pane);
  return useMemo(() => {
    if (!heat) return null;
    const { values, peak, grid } = heat;
    const bitmap = bitmapOf(heatPixels(values, peak, name), grid[1], grid[0]);
    return { bitmap, opacity, smooth: true };
  }, [heat, opacity, name]);
}

export function useMaskLayer(pane: PaneName): Layer | null {
  const truth = useOutlined(pane);
  return useMemo(() => {
    if (!truth) return null;
    const outlines = truth.masks.map(([, mask]) => maskOutline(mask, truth.size));
    if (outlines.length === 0) return null;
    const bitmap = bitmapOf(outlinePixels(outlines), truth.size, truth.size);
    return { bitmap, opacity: 0.9, smooth: false };
  }, [truth]);
}

export interface Outlined {
  readonly size: number;
  /** By finding kind or organ, in the order of their colours. */
  readonly masks: readonly (readonly [name: string, mask: Float32Array])[];
}

/**
 * What of the truth is outlined on a pane: what the phantom was given, its organs only where it has no finding at all; of a film what
 * was marked on it.
 */
export function useOutlined(pane: PaneName): Outlined | null {
  const isHidden = useHidden("truth");
  const isShown = useView((s) => s.showMasks) && !isHidden;
  const open = useExperiment((s) => s.spec.case);
  const input = useResults((s) =>
    s.stages.input?.spec.case === open ? s.stages.input.payload : undefined,
  );
  return useMemo(() => {
    if (!isShown || !input || pane === "difference") return null;
    if (input.marked) {
      const masks = Object.entries(input.marked).map(([name, { mask }]) => [name, mask] as const);
      return { size: input.size, masks };
    }
    if (!input.truth) return null;
    const { masks, findings } = input.truth;
    const kinds = new Set<string>(findings.map(({ kind }) => kind));
    const all = Object.entries(masks);
    const found = all.filter(([name]) => kinds.has(name));
    return { size: input.size, masks: found.length > 0 ? found : all };
  }, [isShown, input, pane]);
}
