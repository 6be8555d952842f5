import { expect, test } from "vitest";
import { shown } from "./quantityText.ts";

const quantity = (label: string, value: number, unit: string) => ({ id: "q", label, value, unit });

test("a share is read in per cent, its interval's ends with it", () => {
  expect(shown(quantity("Flips", 0.1818181, "share"))).toEqual({
    label: "Flips",
    value: "18.18",
    unit: "%",
    scale: 100,
  });
  expect(shown(quantity("Flips", Number.NaN, "share")).value).toBe("–");
});

test("yes and no are words, and what is neither keeps its number", () => {
  const label = "Any flip at all, clean picture (1 yes, 0 no)";
  expect(shown(quantity(label, 1, ""))).toMatchObject({
    label: "Any flip at all, clean picture",
    value: "yes",
  });
  expect(
    shown(quantity("Strongest cell touches the finding, clean (1 yes, 0 no)", 0, "")).value,
  ).toBe("no");
  expect(shown(quantity(label, Number.NaN, "")).value).toBe("–");
});

test("other units stay", () => {
  expect(shown(quantity("Largest change", 0.25, "l2"))).toMatchObject({
    value: "0.25",
    unit: "l2",
  });
});
