import { expect, test } from "vitest";
import { ATTACK_REGIONS, GOAL_AIMS } from "../../experiment/specChoices.ts";
import type { GoalSpec } from "../../experiment/spec.ts";
import { FINDING_KINDS } from "../../phantom/spec.ts";
import { attentionEntry, entryOf, goalOf, lossesOf, withLoss } from "./goals.ts";

const UNTARGETED: GoalSpec = { kind: "untargeted" };

test("every entry of the list makes the goal it stands for", () => {
  const entries = [
    "untargeted",
    "say:no",
    "featureAway",
    "featureText",
    "writtenText",
    "featureTowards:healthy",
    ...FINDING_KINDS.map((kind) => `featureTowards:${kind}`),
    ...GOAL_AIMS.map((aim) => `text:${aim}`),
    ...GOAL_AIMS.flatMap((aim) => ATTACK_REGIONS.map((mask) => attentionEntry(aim, mask))),
  ];
  for (const entry of entries) expect(entryOf(goalOf(entry, UNTARGETED, "left"))).toBe(entry);
  expect(new Set(entries.map((e) => JSON.stringify(goalOf(e, UNTARGETED, "left")))).size).toBe(
    entries.length,
  );
});

test("another aim keeps what the reader has typed and chosen", () => {
  const text: GoalSpec = { kind: "text", text: "normal heart" };
  expect(goalOf("text:away", text, "left")).toEqual({ ...text, aim: "away" });
  const seen: GoalSpec = { kind: "attention", mask: "painted", of: "answer", loss: "scores" };
  expect(goalOf(attentionEntry("away", "findings"), seen, "left")).toEqual({
    ...seen,
    aim: "away",
    mask: "findings",
  });
});

test("a sentence that was typed stays for the other goals of a text", () => {
  const text: GoalSpec = { kind: "text", text: "normal heart", aim: "away" };
  expect(goalOf("featureText", text, "left")).toEqual({ kind: "featureText", text: text.text });
  expect(goalOf("text:away", { kind: "featureText", text: text.text }, "left")).toEqual(text);
});

test("a goal climbs its own losses only", () => {
  expect(lossesOf(UNTARGETED, 2)).toEqual(["margin", "cross-entropy"]);
  expect(lossesOf(UNTARGETED, 3)).toContain("dlr");
  expect(lossesOf({ kind: "targeted", answer: "left" }, 3)).not.toContain("dlr");
  expect(lossesOf({ kind: "text", text: "yes" }, 2)).toEqual([]);
  const attention: GoalSpec = { kind: "attention", mask: "painted" };
  expect(withLoss(attention, "scores")).toEqual({ ...attention, loss: "scores" });
  expect(withLoss(attention, "dlr")).toEqual(attention);
});
