import { describe, expect, it } from "vitest";
import { radiusDomain } from "./CertificatePlot.tsx";
import { linePath, linearScale, roundTicks } from "./scale.ts";

describe("scales", () => {
  it("maps a domain onto a range, also a reversed one", () => {
    const y = linearScale([0, 2], [100, 0]);
    expect([y(0), y(1), y(2)]).toEqual([100, 50, 0]);
    expect(linearScale([3, 3], [0, 10])(3)).toBe(0);
  });

  it("puts ticks on round numbers inside the domain", () => {
    expect(roundTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(roundTicks([-2.9, 0.9], 3)).toEqual([-2, 0]);
    expect(roundTicks([0, 1000], 3)).toEqual([0, 500, 1000]);
    // Two ticks make a scale, however low the plot.
    expect(roundTicks([-4.6, 1.8], 1)).toEqual([-4, -2, 0]);
  });

  it("breaks a line where nothing is proved", () => {
    const same = (value: number) => value;
    expect(linePath([0, 1, 2, 3], [1, NaN, 1, 0], same, same)).toBe("M0.0 1.0M2.0 1.0L3.0 0.0");
  });

  it("shows the bounds' reach and, if it is not far off, the disturbance", () => {
    const sigma = 0.1;
    expect(radiusDomain({ radius: 0.1, stackL2: 0.2, sigma })[1]).toBeCloseTo(0.22);
    expect(radiusDomain({ radius: 0.1, stackL2: 9, sigma })[1]).toBeCloseTo(0.3);
    expect(radiusDomain({ radius: 0.1, stackL2: 0, sigma })[1]).toBeCloseTo(0.135);
  });
});
