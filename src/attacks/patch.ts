import { beginApgd } from "./apgd.ts";
import { defineGradientAttack } from "./define.ts";

/** Patch attack (Brown et al. 2017) on one picture: any grey value, but only inside the region it is given. */
export const patch = defineGradientAttack({
  id: "patch",
  label: "Patch",
  help: "Paints any grey value it likes, but only inside its region: under your paint, on a stamp that you place, or on an organ. What a sticker could do, where the others only whisper.",
  norms: ["linf"],
  settings: ["steps"],
  suggests: { steps: 40 },
  // Every grey value lies within 255 levels of every other: the region alone bounds it.
  reach: 255,
  needsRegion: true,
  begin: beginApgd,
});
