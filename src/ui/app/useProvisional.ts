/** Draws the open phantom at once, on the page's side, while the engine loads or is busy with the case before. */
import { useEffect } from "react";
import { snapToByteLattice } from "../../image/greyImage.ts";
import { pictures } from "../picture/pictureClient.ts";
import { useExperiment, useStores } from "../context/stores.ts";

/** Model space of the bundled family. */
const SIZE = 224;

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
      cases.getState().set({ provisional: { size: SIZE, image, phantom } });
    };
    // The engine reports a phantom that can't be drawn; a newer one makes this one needless.
    pictures.phantom(phantom, SIZE, "case").then(show, () => {});
  }, [open, cases, experiment]);
}
