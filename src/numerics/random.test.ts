import { describe, expect, test } from "vitest";
import { normalRadius, philox4x32, randomStream } from "./random.ts";

describe("philox4x32", () => {
  // Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10 rounds).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("matches the published vector %#", (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(counter as [number, number, number, number], key as [number, number], out);
    expect([...out]).toEqual(expected);
  });
});

describe("randomStream", () => {
  test("the same seed and name give the same sequence, another name another one", () => {
    const draw = (name: string) => {
      const stream = randomStream(7, name);
      return [stream.uniform(), stream.normal(), stream.uint32()];
    };
    expect(draw("noise")).toEqual(draw("noise"));
    expect(draw("noise")).not.toEqual(draw("patch"));
  });

  test("a fork does not depend on how much its parent has drawn", () => {
    const fresh = randomStream(3);
    const drawn = randomStream(3);
    for (let i = 0; i < 10; i++) drawn.uniform();
    expect(drawn.fork("x").uniform()).toBe(fresh.fork("x").uniform());
  });

  test("normal draws have mean 0 and variance 1 within five standard errors", () => {
    const stream = randomStream(11, "normal");
    const n = 20000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const z = stream.normal();
      sum += z;
      squares += z * z;
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  test("normal draws end at 5.77 with 24 random bits, 6.66 with 32 and 8.57 with the lab's 53", () => {
    const furthest = (bits: number) => normalRadius(1 - 2 ** -bits);
    expect(furthest(24)).toBeCloseTo(5.77, 2);
    expect(furthest(32)).toBeCloseTo(6.66, 2);
    expect(furthest(53)).toBeCloseTo(8.57, 2);
    expect(normalRadius(0)).toBeCloseTo(0, 12);
    // Draws have bits below the 32nd, so that the last of these is theirs.
    const random = randomStream(1, "bits");
    const parts = Array.from({ length: 50 }, () => random.uniform() * 2 ** 53);
    expect(parts.every(Number.isInteger)).toBe(true);
    expect(parts.some((whole) => whole % 2 === 1)).toBe(true);
  });

  test("seeds beyond 32 bits differ from their low word", () => {
    expect(randomStream(2 ** 32 + 1).uniform()).not.toBe(randomStream(1).uniform());
  });
});
