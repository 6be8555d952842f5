/** What the first-minute guide says, in order, and about which part of the bench. */
export interface GuideStep {
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

export const GUIDE: readonly GuideStep[] = [
  {
    target: '[data-guide="epsilon"]',
    title: "Start here: epsilon",
    text: "This attack may change each pixel by a few grey levels of 255, far below what you can see. Drag epsilon to 0 and the answer comes back; drag it up and watch it turn.",
  },
  {
    target: 'section[aria-label="Answer"]',
    title: "The answer, before and after",
    text: "Blue is the clean picture, amber the disturbed one. The margin says how firmly the model holds its answer; at zero it flips.",
  },
  {
    target: '[data-pane="disturbed"]',
    title: "Where it looks",
    text: "Colour over both pictures shows the model's attention. Change the layer above the viewers, or press B and paint an object onto the film yourself.",
  },
  {
    target: 'section[aria-label="Same question, other words"]',
    title: "Same question, other words",
    text: "A sound reader gives one answer to one question, however it is worded. Red marks wordings whose answer the disturbance turned.",
  },
  {
    target: 'section[aria-label="What is proved"]',
    title: "What can still be proved",
    text: "Noisy copies of the picture yield a promise: inside this radius no disturbance at all can move the smoothed features further. The line is yours; where it stands in the hatched zone, nothing is proved.",
  },
];
