/** Opens a reader's file: decoded in a worker, named by its pixels only. A refused file leaves the open case alone. */
import { useCallback } from "react";
import { LabError, toErrorData } from "../../errors/labError.ts";
import type { FilmBoxes } from "../../experiment/spec.ts";
import { createDecodeClient } from "../../io/decodeClient.ts";
import type { DecodeClient } from "../../io/decodeClient.ts";
import { checkFileSize } from "../../io/limits.ts";
import { refuseLocked } from "../../state/roomStore.ts";
import { markFilm, openFilm } from "../../state/specEdits.ts";
import { takeFilm } from "../../state/takeFilm.ts";
import { useStores } from "../context/stores.ts";

let decoder: DecodeClient | undefined;
/** The film that is being opened: one that is given meanwhile waits for it. */
let before: Promise<unknown> = Promise.resolve();

export type Opened =
  { readonly sha256: string; readonly pictures: number } | { readonly refusal: string };

export function useOpenFile(): (file: File, frame?: number, boxes?: FilmBoxes) => Promise<Opened> {
  const { cases, engine, experiment, link, results, room, view } = useStores();
  const openNow = useCallback(
    async (file: File, frame?: number, boxes?: FilmBoxes): Promise<Opened> => {
      cases.getState().set({ opening: true });
      try {
        checkFileSize(file.size);
        decoder ??= createDecodeClient();
        const wanted = experiment.getState().spec.case;
        const isAwaited = wanted.kind === "file" && !cases.getState().radiographs[wanted.sha256];
        // A link says which picture of the file it is about, at least by its hash.
        const asked =
          isAwaited && frame === undefined
            ? { sha256: wanted.sha256, frame: (wanted.frame ?? 1) - 1 }
            : { frame };
        const radiograph = await decoder.load(await file.arrayBuffer(), asked);
        const sha256 = radiograph.rawSha256;
        const isAsked = wanted.kind === "file" && wanted.sha256 === sha256;
        if (!isAsked) refuseLocked(room.getState(), "case");
        if (isAwaited && wanted.sha256 !== sha256) {
          throw new LabError(
            "file-mismatch",
            radiograph.frame && frame === undefined
              ? `None of the ${radiograph.frame.count} pictures in this file is the one that the link is about (pixel hash ${wanted.sha256.slice(0, 12)}).`
              : `This is another radiograph (pixel hash ${sha256.slice(0, 12)}) than the link is about (${wanted.sha256.slice(0, 12)}).`,
            { hint: "Open the one it is about, or choose a phantom first to leave the link." },
          );
        }
        takeFilm({ cases, engine }, sha256, radiograph);
        cases.getState().remember(sha256, file);
        const pictures = radiograph.frame?.count ?? 1;
        results.getState().dismissRefusal();
        const open = experiment.getState().spec.case;
        if (open.kind === "file" && open.sha256 === sha256) {
          // The file a link was waiting for: its own settings stay.
          if (boxes) experiment.getState().edit(markFilm(boxes));
          link.rerun();
          return { sha256, pictures };
        }
        const on = experiment.getState().spec.stack.flatMap((i) => (i.enabled ? [i.id] : []));
        if (on.length > 0) cases.getState().set({ switchedOff: on });
        experiment.getState().edit(openFilm(sha256, radiograph, boxes));
        view.getState().resetView();
        return { sha256, pictures };
      } catch (error) {
        const refused = toErrorData(error);
        results.getState().refuse(refused);
        return { refusal: refused.message };
      } finally {
        cases.getState().set({ opening: false });
      }
    },
    [cases, engine, experiment, link, results, room, view],
  );
  return useCallback(
    (file, frame, boxes) => {
      const turn = before.then(() => openNow(file, frame, boxes));
      before = turn;
      return turn;
    },
    [openNow],
  );
}
