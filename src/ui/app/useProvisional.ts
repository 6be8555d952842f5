/** Draws the open phantom at once, on the page's side, while the engine loads or is busy with the case before. */
import { useEffect } from "react";
import { snapToByteLattice } from "../../image/grayImage.ts";
import { BUNDLED_SIZE } from "../../model/catalog.ts";
import { pictures } from "../picture/pictureClient.ts";
import { useExperiment, useStores } from "../context/stores.ts";

export function useProvisional(): void {
  const { cases, experiment } = useStores();
  const open = useExperiment((s) => s.spec.case);
  useEffect(() => {
    if (open.kind !== "phantom") return;
    const { phantom } = open;
    const show = (picture: { readonly image: Float32Array }) => {
      if (experiment.getState().spec.case !== open) return;
      const image = picture.image.slice();
      snapToByteLattice(image);
      cases.getState().set({ provisional: { size: BUNDLED_SIZE, image, phantom } });
    };
    // The engine reports a phantom that can't be drawn; a newer one makes this one needless.
    pictures.phantom(phantom, BUNDLED_SIZE, "case").then(show, () => {});
  }, [open, cases, experiment]);
}
