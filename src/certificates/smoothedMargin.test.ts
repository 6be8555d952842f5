import { describe, expect, test } from "vitest";
import { normalCdf } from "../numerics/normal.ts";
import { randomStream } from "../numerics/random.ts";
import { smoothedMargin } from "./smoothedMargin.ts";

const settings = { sigma: 0.5, alpha: 0.001, seed: 1, limit: 2 };

describe("smoothedMargin", () => {
  test("certifies no more than the true radius of a linear margin, and most of it", () => {
    // m = 2 * limit * (1 if z > -d else 0) - limit: a half-space at distance d, whose certified radius is exactly d.
    const d = 0.4;
    const margin = smoothedMargin(settings);
    const random = randomStream(2, "margin");
    for (let i = 0; i < 5000; i++) margin.add(0.5 * random.normal() > -d ? 2 : -2);
    const certificate = margin.certificate();
    expect(certificate.answer).toBe("yes");
    expect(certificate.radius).toBeLessThan(d);
    expect(certificate.radius).toBeGreaterThan(0.85 * d);
    const { low, high } = margin.envelope(0.2);
    expect(low).toBeLessThan(normalCdf((d - 0.2) / 0.5));
    expect(high).toBeGreaterThan(normalCdf((d + 0.2) / 0.5));
  });

  test("negative margins certify no, mixed ones nothing", () => {
    const no = smoothedMargin(settings);
    const mixed = smoothedMargin(settings);
    for (let i = 0; i < 400; i++) {
      no.add(-1.5);
      mixed.add(i % 2 ? 1 : -1);
    }
    expect(no.certificate()).toMatchObject({ status: "certified", answer: "no" });
    expect(no.certificate().radius).toBeGreaterThan(0.4);
    expect(mixed.certificate()).toMatchObject({ status: "abstained", answer: null, radius: 0 });
  });

  test("nothing is certified without draws", () => {
    expect(smoothedMargin(settings).certificate().status).toBe("abstained");
  });
});
