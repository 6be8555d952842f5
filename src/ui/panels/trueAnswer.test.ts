import { expect, test } from "vitest";
import { renderPhantom } from "../../phantom/phantom.ts";
import type { PhantomSpec } from "../../phantom/phantom.ts";
import { trueAnswer } from "./trueAnswer.ts";

const phantom: PhantomSpec = {
  seed: 5,
  patient: { view: "AP", portable: true },
  findings: [
    { kind: "effusion", side: "left", amount: 900 },
    { kind: "effusion", side: "right", amount: 200 },
  ],
};
const truth = renderPhantom(phantom, 64);

test.each([
  ["Is there a pleural effusion?", "yes"],
  ["Is a pleural effusion absent?", "no"],
  ["Is the left effusion larger than the right?", "yes"],
  ["Is the right effusion larger than the left?", "no"],
  ["How big is the pleural effusion?", "large"],
  ["Which side is the pleural effusion on?", "both"],
  ["Was this radiograph taken with a portable machine?", "yes"],
  ["Is there a pneumothorax?", "no"],
  ["Which side is the pneumothorax on?", null],
  ["What is the meaning of this?", null],
])("%s %s", (question, answer) => {
  expect(trueAnswer(question, phantom, truth)).toBe(answer);
});
