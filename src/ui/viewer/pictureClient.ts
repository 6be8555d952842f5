/** The page's side of picture.worker.ts: one worker, phantoms kept by spec and size. */
import { LabError, fromErrorData } from "../../errors/labError.ts";
import { isUnfetched, partMissing } from "../../host/loadPart.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import type { Picture, PictureJob, PictureRequest, PictureResponse } from "./picture.worker.ts";

interface Waiting {
  resolve(picture: Picture): void;
  reject(error: LabError): void;
}

let worker: Worker | undefined;
let nextId = 1;
const waiting = new Map<number, Waiting>();
const phantoms = new Map<string, Promise<Picture>>();
/** Thumbnails of the gallery and the last few cases. */
const KEPT = 40;

/** Display values in [0,1]. @throws LabError "spec-invalid" for a spec out of range. */
export function drawPhantom(spec: PhantomSpec, size: number): Promise<Picture> {
  const key = `${size} ${JSON.stringify(spec)}`;
  const known = phantoms.get(key);
  if (known) return known;
  const picture = ask({ kind: "phantom", spec, size });
  phantoms.set(key, picture);
  picture.catch(() => phantoms.delete(key));
  if (phantoms.size > KEPT) phantoms.delete([...phantoms.keys()][0]!);
  return picture;
}

/** Modality values of the film's square. */
export function drawDetail(radiograph: Radiograph, size: number): Promise<Picture> {
  return ask({ kind: "detail", radiograph, size });
}

function ask(job: PictureJob): Promise<Picture> {
  worker ??= start();
  const request: PictureRequest = { id: nextId++, job };
  return new Promise((resolve, reject) => {
    waiting.set(request.id, { resolve, reject });
    worker?.postMessage(request, []);
  });
}

function start(): Worker {
  const started = new Worker(new URL("./picture.worker.ts", import.meta.url), {
    type: "module",
    name: "penumbra-pictures",
  });
  started.addEventListener("message", ({ data }: MessageEvent<PictureResponse>) => {
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) caller?.reject(fromErrorData(data.error));
    else caller?.resolve(data.picture);
  });
  started.addEventListener("error", (event) => {
    const error = isUnfetched(event)
      ? partMissing()
      : new LabError("internal", "The part of this page that draws pictures has stopped.", {
          hint: "Reload the page.",
        });
    for (const caller of waiting.values()) caller.reject(error);
    waiting.clear();
    worker = undefined;
  });
  return started;
}
