/**
 * The page's side of picture.worker.ts: one worker, phantoms kept by spec and size. The worker draws one picture after the
 * other and can't be asked to stop in one, so that requests wait here: of those for the same place on the page only the
 * newest, thumbnails all of them and after everything else.
 */
import { LabError, partStopped } from "../../errors/labError.ts";
import { isUnfetched, partMissing } from "../../host/loadPart.ts";
import { linkWorker } from "../../host/workers.ts";
import type { WorkerLike, WorkerLink } from "../../host/workers.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { Box } from "../../image/resize.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import type { SquarePicture } from "./detail.ts";
import type { PyramidLevel } from "./pyramid.ts";

/** Display values in [0, 1] of a phantom; modality values of a film, with a smaller one for where a screen has no use for all. */
export interface Picture extends SquarePicture {
  readonly preview?: SquarePicture;
}

/** What the worker can be asked. Pictures move to the page. */
export interface PictureService {
  phantom(spec: PhantomSpec, size: number): Picture;
  /** Part of the film in its own units, at its own resolution up to `size` a side. */
  detail(radiograph: Radiograph, box: Box, size: number): Picture;
  /** The whole film and its halves. */
  whole(radiograph: Radiograph): PyramidLevel[];
}

/** Where a picture goes: a newer one for the same place makes an older one needless. Thumbnails each have their own. */
export type Place = "case" | "detail" | "thumbnail";

export interface PictureClient {
  /**
   * Display values in [0,1].
   * @throws LabError "spec-invalid" for a spec out of range, "cancelled" when a newer one for its place came first
   */
  phantom(spec: PhantomSpec, size: number, place: Place): Promise<Picture>;
  /** Modality values of a part of the film. @throws LabError "cancelled" when a newer detail came first */
  detail(radiograph: Radiograph, box: Box, size: number): Promise<Picture>;
  /** The whole film in its own units, and its halves. @throws LabError "cancelled" when a newer detail came first */
  whole(radiograph: Radiograph): Promise<PyramidLevel[]>;
}

type Draw<T> = (link: WorkerLink<PictureService>) => Promise<T>;

interface Waiting {
  readonly place: Place;
  /** Settled when it is drawn, or could not be. */
  draw(link: WorkerLink<PictureService>): Promise<unknown>;
  passOver(): void;
}

/** Thumbnails of the gallery and the last few cases. */
const KEPT = 40;

export function createPictureClient(spawn: () => WorkerLike = spawnPictureWorker): PictureClient {
  let link: WorkerLink<PictureService> | undefined;
  /** Of the film looked at last: a film is copied to the worker once, not at every look. */
  let detail:
    | {
        readonly of: Radiograph;
        readonly box: Box;
        readonly size: number;
        readonly picture: Promise<Picture>;
      }
    | undefined;
  let film: { readonly of: Radiograph; readonly levels: Promise<PyramidLevel[]> } | undefined;
  let waiting: readonly Waiting[] = [];
  let isDrawing = false;
  const phantoms = new Map<string, Promise<Picture>>();

  const start = (): WorkerLink<PictureService> => {
    const started = linkWorker<PictureService>(spawn(), (crash) => {
      if (link === started) link = undefined;
      started.end(isUnfetched(crash) ? partMissing() : workerFailed());
    });
    return started;
  };

  const ask = <T>(place: Place, draw: Draw<T>): Promise<T> => {
    if (place !== "thumbnail") {
      for (const older of waiting) if (older.place === place) older.passOver();
      waiting = waiting.filter((older) => older.place !== place);
    }
    const asked = new Promise<T>((resolve, reject) => {
      const one: Waiting = {
        place,
        draw: (on) => {
          const drawn = draw(on);
          resolve(drawn);
          return drawn;
        },
        passOver: () => reject(passed()),
      };
      waiting = [...waiting, one];
    });
    if (!isDrawing) void drain();
    return asked;
  };

  const drain = async (): Promise<void> => {
    isDrawing = true;
    for (;;) {
      const next = waiting.find(({ place }) => place !== "thumbnail") ?? waiting[0];
      if (!next) break;
      waiting = waiting.filter((each) => each !== next);
      link ??= start();
      await next.draw(link).catch(() => {});
    }
    isDrawing = false;
  };

  return {
    phantom: (spec, size, place) => {
      const key = `${place} ${size} ${JSON.stringify(spec)}`;
      const known = phantoms.get(key);
      if (known) return known;
      const picture = ask(place, (worker) => worker.ask((s) => s.phantom(spec, size)));
      phantoms.set(key, picture);
      picture.catch(() => phantoms.delete(key));
      if (phantoms.size > KEPT) phantoms.delete([...phantoms.keys()][0]!);
      return picture;
    },
    detail: (radiograph, box, size) => {
      const { of, box: at, size: side, picture: known } = detail ?? {};
      if (known && of === radiograph && side === size && isSameBox(at!, box)) return known;
      const picture = ask("detail", (worker) => worker.ask((s) => s.detail(radiograph, box, size)));
      const kept = { of: radiograph, box, size, picture };
      detail = kept;
      picture.catch(() => {
        if (detail === kept) detail = undefined;
      });
      return picture;
    },
    whole: (radiograph) => {
      if (film?.of === radiograph) return film.levels;
      const levels = ask("detail", (worker) => worker.ask((s) => s.whole(radiograph)));
      const kept = { of: radiograph, levels };
      film = kept;
      levels.catch(() => {
        if (film === kept) film = undefined;
      });
      return levels;
    },
  };
}

function isSameBox(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
}

function spawnPictureWorker(): WorkerLike {
  return new Worker(new URL("./picture.worker.ts", import.meta.url), {
    type: "module",
    name: "penumbra-pictures",
  });
}

function passed(): LabError {
  return new LabError("cancelled", "A newer picture was asked for.");
}

function workerFailed(): LabError {
  return partStopped("The part of this page that draws pictures has stopped.", "Reload the page.");
}

/** The page's one. */
export const pictures: PictureClient = createPictureClient();
