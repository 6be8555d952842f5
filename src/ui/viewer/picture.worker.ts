/** Draws pictures off the page's thread: phantoms at any size, and radiographs at full resolution. */
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { detailOf } from "./detail.ts";

export type PictureJob =
  | { readonly kind: "phantom"; readonly spec: PhantomSpec; readonly size: number }
  | {
      readonly kind: "detail";
      readonly radiograph: Radiograph;
      readonly voi: Voi;
      readonly size: number;
    };

export interface PictureRequest {
  readonly id: number;
  readonly job: PictureJob;
}

/** A square picture; values are what the model's window makes of them, 0 black to 1 white, unclipped in a detail. */
export interface Picture {
  readonly size: number;
  readonly image: Float32Array<ArrayBuffer>;
}

export type PictureResponse =
  | { readonly id: number; readonly picture: Picture }
  | { readonly id: number; readonly error: LabErrorData };

/** The worker's own global, of which the page's type library knows nothing. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: MessageEvent<PictureRequest>) => void): void;
  postMessage(message: PictureResponse, transfer: Transferable[]): void;
}
const scope = globalThis as unknown as WorkerScope;

scope.addEventListener("message", ({ data: { id, job } }) => {
  try {
    const picture = draw(job);
    scope.postMessage({ id, picture }, [picture.image.buffer]);
  } catch (error) {
    scope.postMessage({ id, error: toErrorData(error) }, []);
  }
});

function draw(job: PictureJob): Picture {
  if (job.kind === "detail") return detailOf(job.radiograph, job.voi, job.size);
  return { size: job.size, image: Float32Array.from(renderPhantom(job.spec, job.size).image) };
}
