import { expect, test } from "vitest";
import { decimal, signed, significant, withMinus } from "./decimalText.ts";

test("a negative number has a minus sign and no hyphen, and zero has no sign", () => {
  expect(decimal(-0.014, 2)).toBe("−0.01");
  expect(decimal(-0.004, 2)).toBe("0.00");
  expect(decimal(Number.NaN, 2)).toBe("–");
  expect(decimal(Infinity, 1)).toBe("∞");
  expect(signed(-0.004)).toBe("−0.00");
  expect(signed(1.5, 1)).toBe("+1.5");
  expect(significant(-20.84, 3)).toBe("−20.8");
  expect(significant(0.5, 3)).toBe("0.5");
  expect(withMinus((4e-7).toExponential(0))).toBe("4e−7");
});
