import { bilinearAt } from "./bilinear.ts";
import { toDisplay, toExposure } from "./exposure.ts";
import { definePerturbation } from "./perturbation.ts";

/** Patient motion at constant speed along a line: the exposure is averaged over the path. */
export const motionBlur = definePerturbation({
  id: "motionBlur",
  label: "Motion blur",
  help: "Averages the exposure along a straight path, as when the patient moves or breathes during the exposure.",
  strength: "lengthPx",
  params: {
    lengthPx: {
      label: "Path",
      unit: "px",
      min: 0,
      max: 20,
      step: 0.5,
      default: 4,
      help: "Length of the path in pixels of the model's image.",
    },
    angleDeg: {
      label: "Angle",
      unit: "degrees",
      min: 0,
      max: 180,
      step: 5,
      default: 90,
      help: "0 is sideways, 90 up and down (breathing).",
    },
  },
  extra: {},
  transform(image, size, { lengthPx, angleDeg }) {
    const exposure = toExposure(image);
    // Midpoints of equal parts of at most a quarter pixel.
    const parts = Math.ceil(4 * lengthPx);
    const stepX = Math.cos((angleDeg * Math.PI) / 180) * (lengthPx / parts);
    const stepY = -Math.sin((angleDeg * Math.PI) / 180) * (lengthPx / parts);
    const moved = new Float64Array(image.length);
    for (let k = 0; k < parts; k++) {
      const offset = k - (parts - 1) / 2;
      for (let y = 0; y < size.height; y++) {
        for (let x = 0; x < size.width; x++) {
          const at = bilinearAt(exposure, size, [x + offset * stepX, y + offset * stepY], "edge");
          moved[y * size.width + x]! += at / parts;
        }
      }
    }
    return toDisplay(moved);
  },
});
