import { describe, expect, it } from "vitest";
import { DEFAULT_VIEW } from "../../state/viewStore.ts";
import { sharedView, viewFromLink } from "./sharedView.ts";

describe("the view in a link", () => {
  it("comes back as it was", () => {
    const view = {
      ...DEFAULT_VIEW,
      layout: "pair",
      attention: { source: "layer", kind: "self", layer: 3, head: 2 },
      overlayOpacity: 0.7,
      showMasks: true,
      invert: true,
      window: { center: 90, width: 120 },
      camera: { zoom: 2.5, x: 0.4, y: 0.6211 },
      film: { zoom: 0.5, x: 0, y: 1, turns: 3, isMirrored: true },
    } as const;
    const { layout, attention, overlayOpacity, showMasks, invert, window, camera, film } = view;
    expect(viewFromLink(sharedView(view))).toEqual({
      layout,
      attention,
      overlayOpacity,
      showMasks,
      invert,
      window,
      camera,
      film,
    });
    // What shows the whole takes no letters of the link.
    expect(Object.keys(sharedView(DEFAULT_VIEW))).not.toContain("camera");
    expect(Object.keys(sharedView(DEFAULT_VIEW))).not.toContain("film");
    expect(viewFromLink(sharedView({ ...view, attention: null })).attention).toBeNull();
  });

  it("keeps defaults for values that are missing, of another type or out of range", () => {
    const view = viewFromLink({
      layout: "cinema",
      opacity: 40,
      width: -3,
      center: 1e9,
      invert: "yes",
      camera: "900 0.5 0.5",
      film: "1 0.5 0.5 4",
    });
    expect(view).toEqual({
      attention: DEFAULT_VIEW.attention,
      overlayOpacity: DEFAULT_VIEW.overlayOpacity,
      showMasks: false,
      invert: false,
      window: DEFAULT_VIEW.window,
      camera: DEFAULT_VIEW.camera,
      film: DEFAULT_VIEW.film,
    });
  });
});
