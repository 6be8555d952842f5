/** The part of the view that travels in a link: what lies over the pictures and how they are windowed. */
import type { SystemChange } from "../../experiment/systemChange.ts";
import type { Precision } from "../../model/manifest.ts";
import type { SharedView } from "../../experiment/shareLink/format.ts";
import { DEFAULT_VIEW, DISPLAY_LIMITS, LAYOUTS } from "../../state/viewStore.ts";
import type { AttentionChoice, LayerChoice, Layout, ViewValues } from "../../state/viewStore.ts";

export function sharedView(view: ViewValues): SharedView {
  const { attention, window } = view;
  return {
    layout: view.layout,
    attention:
      attention === null
        ? "none"
        : attention.source === "layer"
          ? `${attention.kind}-${attention.layer}`
          : attention.source === "map"
            ? `map.${attention.instrument}.${attention.map}`
            : attention.source,
    ...(attention?.source === "layer" ? { head: attention.head } : {}),
    opacity: view.overlayOpacity,
    masks: view.showMasks,
    invert: view.invert,
    center: window.center,
    width: window.width,
    ...(view.comparedWith ? { compare: compareText(view.comparedWith) } : {}),
  };
}

/** Values of a link's view, each checked; what is missing or out of range keeps its default. */
export function viewFromLink(shared: SharedView): Partial<ViewValues> {
  const { layout, opacity, masks, invert, center, width, compare } = shared;
  return {
    ...(LAYOUTS.includes(layout as Layout) ? { layout: layout as Layout } : {}),
    attention: attentionOf(shared),
    overlayOpacity: inRange(opacity, 0, 1) ? opacity : DEFAULT_VIEW.overlayOpacity,
    ...comparedWithOf(compare),
    showMasks: masks === true,
    invert: invert === true,
    window:
      inRange(center, DISPLAY_LIMITS.least, DISPLAY_LIMITS.most) &&
      inRange(width, 1, DISPLAY_LIMITS.widest)
        ? { center, width }
        : DEFAULT_VIEW.window,
  };
}

function attentionOf({ attention, head }: SharedView): AttentionChoice | null {
  if (attention === "none") return null;
  if (attention === "rollout" || attention === "relevance") return { source: attention };
  const map = /^map\.(\w{1,36})\.([\w-]{1,36})$/.exec(
    typeof attention === "string" ? attention : "",
  );
  if (map) return { source: "map", instrument: map[1]!, map: map[2]! };
  const layer = /^(self|pool|cross)-(\d{1,3}|last)$/.exec(
    typeof attention === "string" ? attention : "",
  );
  if (!layer) return DEFAULT_VIEW.attention;
  const isHead = typeof head === "number" && Number.isInteger(head) && head >= 0;
  return {
    source: "layer",
    kind: layer[1] as LayerChoice["kind"],
    layer: layer[2] === "last" ? "last" : Number(layer[2]),
    head: isHead ? head : "mean",
  };
}

function inRange(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

function compareText({ model, precision, defenses }: SystemChange): string {
  return `${model} ${precision} ${defenses}`;
}

/** The second system is named here and checked where it is run (systemChange.ts), so that few first minutes load that. */
function comparedWithOf(text: unknown): Partial<ViewValues> {
  const found = /^([a-z0-9-]{1,80}) (fp32|fp16|int8|int4) (\w{1,40})$/.exec(
    typeof text === "string" ? text : "",
  );
  if (!found) return {};
  const [, model, precision, defenses] = found as unknown as [string, string, Precision, string];
  return { comparedWith: { model, precision, defenses }, dialog: "compare" };
}
