/** What of a film the model is not given, in words, and why that matters to the question. */
import { cutOffText } from "../../image/filmSquare.ts";
import type { CutOff } from "../../image/filmSquare.ts";
import type { Understood } from "../../language/recognize.ts";

type Side = keyof CutOff;

/** Where a finding may lie at the border of a film, in any of these sides; what to look for there. */
const AT_THE_BORDER: Readonly<
  Record<string, { readonly sides: readonly Side[]; readonly look: string }>
> = {
  effusion: {
    sides: ["left", "right", "bottom"],
    look: "Small effusions show in the angles at the lower outer corners of the lungs",
  },
  pneumothorax: {
    sides: ["left", "right", "top"],
    look: "A pneumothorax shows at the top and the outer edge of a lung",
  },
  cardiomegaly: {
    sides: ["left", "right"],
    look: "The size of the heart is judged against the whole width of the chest",
  },
  fracture: { sides: ["left", "right", "top"], look: "Ribs break at the sides" },
  hernia: { sides: ["bottom"], look: "A hernia lies low, behind the heart" },
};

/** Less than this share of a side is border, not patient; what the model saw is stated exactly beside the film. */
const LEAST = 0.025;

/** Empty where the model is given nearly all of the film. */
export function cutOffWords(
  cut: CutOff,
  asked: Pick<Understood, "type" | "findingId"> | null,
): { readonly lead: string; readonly text: string } {
  const text = cutOffText(cut);
  if (Math.max(cut.left, cut.right, cut.top, cut.bottom) < LEAST) return { lead: "", text: "" };
  const key = asked?.type === "heart" ? "cardiomegaly" : (asked?.findingId ?? "");
  const place = AT_THE_BORDER[key];
  const isThere = place?.sides.some((side) => cut[side] >= LEAST) ?? false;
  return {
    lead: `The model is not given all of this film: ${text} of it are cut off.`,
    text: isThere
      ? `${place!.look}: see on the film whether that is inside the frame.`
      : "What lies there can’t be in its answer.",
  };
}
