/** Draws pictures off the page's thread: phantoms at any size, and radiographs at full resolution. */
import { moving, serveCalls } from "../../host/workers.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { detailOf, previewOf } from "./detail.ts";
import { pyramidOf } from "./pyramid.ts";
import type { Picture, PictureService } from "./pictureClient.ts";

/** Light enough to window at sixty frames a second. */
const PREVIEW_SIZE = 1024;

const service: PictureService = {
  phantom: (spec, size) =>
    drawn({ size, image: Float32Array.from(renderPhantom(spec, size).image) }),
  detail: (radiograph, box, size) => {
    const native = detailOf(radiograph, box, size);
    if (native.size <= PREVIEW_SIZE) return drawn(native);
    return drawn({ ...native, preview: previewOf(native, PREVIEW_SIZE) });
  },
  whole: (radiograph) => {
    const levels = pyramidOf(radiograph);
    return moving(
      levels,
      levels.map(({ values }) => values.buffer),
    );
  },
};

function drawn(picture: Picture): Picture {
  const { image, preview } = picture;
  return moving(picture, [image.buffer, ...(preview ? [preview.image.buffer] : [])]);
}

serveCalls(service);
