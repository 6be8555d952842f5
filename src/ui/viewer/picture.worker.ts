/** Draws pictures off the page's thread: phantoms at any size, and radiographs at full resolution. */
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { detailOf, previewOf } from "./detail.ts";
import type { SquarePicture } from "./detail.ts";

export type PictureJob =
  | { readonly kind: "phantom"; readonly spec: PhantomSpec; readonly size: number }
  /** The film in its own units, at its own resolution up to `size` a side. */
  | { readonly kind: "detail"; readonly radiograph: Radiograph; readonly size: number };

export interface PictureRequest {
  readonly id: number;
  readonly job: PictureJob;
}

/** Display values in [0, 1] of a phantom; modality values of a film, with a smaller one for where a screen has no use for all. */
export interface Picture extends SquarePicture {
  readonly preview?: SquarePicture;
}

/** Light enough to window at sixty frames a second. */
const PREVIEW_SIZE = 1024;

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
    const { image, preview } = picture;
    scope.postMessage({ id, picture }, [image.buffer, ...(preview ? [preview.image.buffer] : [])]);
  } catch (error) {
    scope.postMessage({ id, error: toErrorData(error) }, []);
  }
});

function draw(job: PictureJob): Picture {
  if (job.kind === "detail") {
    const native = detailOf(job.radiograph, job.size);
    if (native.size <= PREVIEW_SIZE) return native;
    return { ...native, preview: previewOf(native, PREVIEW_SIZE) };
  }
  return { size: job.size, image: Float32Array.from(renderPhantom(job.spec, job.size).image) };
}
