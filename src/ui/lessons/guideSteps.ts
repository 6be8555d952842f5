/** What the first-minute guide says, in order, and about which part of the bench. */
export interface GuideStep {
  /** Selector. By no name that a reader hears: these are in the page's language. */
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

/** A section of the bench, by its English title. */
const part = (title: string) => `[data-part="${title}"]`;

export const GUIDE: readonly GuideStep[] = [
  {
    target: '[data-guide="epsilon"]',
    title: "Start here: epsilon",
    text: "This attack may change each pixel by at most epsilon grey levels of 255. At 3 hardly anyone sees it; the grain in the disturbed picture is the quantum noise above it. Drag epsilon to 0 and the answer comes back; drag it up and watch it turn.",
  },
  {
    target: part("Answer"),
    title: "The answer, before and after",
    text: "Blue is the clean picture, amber the disturbed one. The confidence margin says how firmly the model holds its answer; where it crosses 0 the answer flips. The line under the bars says how often answers this sure were right.",
  },
  {
    target: '[data-pane="disturbed"]',
    title: "Where it looks",
    text: "Colour over both pictures shows the model's attention. Change the layer above the viewers, or take the brush there and paint an object onto the film yourself.",
  },
  {
    target: part("Same question, other words"),
    title: "Same question, other words",
    text: "A careful radiologist gives one answer to one question, however it is worded. Red marks wordings whose answer the disturbance turned.",
  },
  {
    target: part("What is guaranteed"),
    title: "What can be guaranteed",
    text: "Averaged over many noisy copies, the image tokens that the answer is read from can be bounded: a change of this total size (l2), whatever it is, leaves them at least this similar, with the confidence chosen at the left. It says nothing about the answer. Where your disturbance stands in the hatched zone, nothing is guaranteed.",
  },
];
