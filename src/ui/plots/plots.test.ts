import { describe, expect, it } from "vitest";
import type { CertificateResult } from "../../experiment/results.ts";
import { radiusRange } from "../../experiment/radiusRange.ts";
import { besideSentence, certificateSpec, guaranteeOf } from "./certificateSpec.ts";
import { DRAW_INTERVAL_MS, createDrawQueue } from "./drawQueue.ts";
import { toCsv } from "./plotSpec.ts";
import type { PlotSpec } from "./plotSpec.ts";
import { scoreSpec } from "./scoreSpec.ts";
import { toPlotly } from "./toPlotly.ts";
import type { PlotForm, PlotTheme } from "./toPlotly.ts";
import { entryOf } from "../../experiment/traceEntry.ts";
import { traceSpec } from "./traceSpec.ts";

const THEME: PlotTheme = {
  inks: { clean: "#0ff", changed: "#f80", neutral: "#999", faint: "#555" },
  text: "#fff",
  grid: "#222",
  panel: "#000",
  font: "sans",
};
const FORM: PlotForm = { width: 400, height: 200, logX: false, logY: false };

const certificate = (stackL2: number, atStack: number): CertificateResult => ({
  n: 62,
  maxSamples: 1000,
  sigma: 0.1,
  alpha: 0.001,
  seed: 1,
  score: 0.97,
  scoreLower: 0.95,
  smoothedNormLower: 0.9,
  radius: 0.16,
  reach: { toClean: 0.16, toSmoothedClean: 0.16 },
  feature: "embedding",
  pilot: 0,
  curve: {
    radius: Float32Array.of(0, 0.1, 0.3),
    toClean: Float32Array.of(0.9, 0.5, NaN),
    toSmoothedClean: Float32Array.of(1, 0.75, NaN),
  },
  stackL2,
  atStack: { toClean: atStack - 0.1, toSmoothedClean: atStack },
  history: { n: [20, 62], scoreLower: [0.91, 0.95] },
});

describe("the certificate's plot", () => {
  it("shows one cosine at a time and says between what", () => {
    const both = certificateSpec(certificate(0.1, 0.75), "toSmoothedClean");
    const one = certificateSpec(certificate(0.1, 0.75), "toClean");
    expect(both.series.map(({ name }) => name)).toEqual(["guaranteed", "your change"]);
    expect(Array.from(both.series[0]!.y).slice(0, 2)).toEqual([1, 0.75]);
    expect(one.series[0]!.y[1]).toBe(0.5);
    expect(both.description).toContain("both averaged");
    expect(one.description).toContain("clean picture as it is");
  });

  it("says when a change is larger than the guarantee, and marks it", () => {
    const spec = certificateSpec(certificate(2.47, NaN), "toSmoothedClean");
    expect(spec.description).toContain(
      "larger than what can be guaranteed of the pooled embedding (0.160)",
    );
    // Half of the reach is .08; the curve's own point below it is 0, where nothing is to be proved.
    expect(spec.description).not.toContain("Proved:");
    const wide = certificate(2.47, NaN);
    const further = { ...wide, reach: { toClean: 0.16, toSmoothedClean: 0.25 } };
    expect(guaranteeOf(further, "toSmoothedClean").sentence).toContain(
      "guaranteed of the pooled embedding (0.250). Nothing is proved about it. Proved: no change up to a total size of 0.100 can push the cosine of the pooled embedding below 0.75.",
    );
    expect(guaranteeOf(further, "toClean").sentence).toContain("pooled embedding (0.160)");
    // The guarantee beside it says it better, and the panel has room for one.
    const other = { model: "noise", certificate: certificate(0.1, 0.61) };
    expect(guaranteeOf(further, "toSmoothedClean", other).sentence).not.toContain("Proved:");
    expect(spec.series).toHaveLength(1);
    expect(spec.marks?.[0]?.label).toContain("off the axis");
    expect(spec.marks?.[0]?.at).toBe(spec.x.range[1]);
    expect(spec.band?.from).toBeCloseTo(0.16);
  });

  it("says what holds for a change inside, for none, and before anything holds", () => {
    expect(guaranteeOf(certificate(0.1, 0.75), "toSmoothedClean")).toEqual({
      kind: "proved",
      sentence:
        "No change as small as yours, of total size (l2) 0.10, can push the cosine of the pooled embedding below 0.750, with 99.9% confidence.",
    });
    expect(guaranteeOf(certificate(0, 1), "toClean").sentence).toContain("Yours changes nothing");
    const none = { toClean: 0, toSmoothedClean: 0 };
    const nothing = { ...certificate(0.1, NaN), radius: 0, reach: none };
    expect(guaranteeOf(nothing, "toClean").kind).toBe("vacuous");
  });

  it("draws another model's guarantee beside one that does not reach, and says both", () => {
    const beside = { model: "noise", certificate: certificate(0.1, 0.61) };
    const spec = certificateSpec(certificate(2.47, NaN), "toSmoothedClean", beside);
    expect(spec.series.map(({ name }) => name)).toEqual([
      "noise-trained model",
      "l2 0.1",
      "guaranteed",
    ]);
    expect(spec.series[1]).toMatchObject({ x: [0.1], y: [0.61] });
    expect(spec.description).toContain("Nothing is proved about it.");
    expect(spec.description).toContain(
      "no change up to a size of 0.1 can push the cosine of its pooled embedding below 0.61",
    );
    const none = { model: "noise", certificate: certificate(0.1, NaN) };
    expect(besideSentence(none, "toClean")).toContain("nothing is proved of a change of size 0.1");
    expect(besideSentence({ obstacle: "It is not here." }, "toClean")).toBe(
      "No comparison: It is not here.",
    );
  });

  it("reaches past the guarantee and, if it is not far off, past the change", () => {
    const sigma = 0.1;
    expect(radiusRange({ radius: 0.1, stackL2: 0.2, sigma })[1]).toBeCloseTo(0.22);
    expect(radiusRange({ radius: 0.1, stackL2: 9, sigma })[1]).toBeCloseTo(0.3);
    expect(radiusRange({ radius: 0.1, stackL2: 0, sigma })[1]).toBeCloseTo(0.135);
  });
});

describe("other plots", () => {
  it("label the mean and the bound of the score", () => {
    const { series, description } = scoreSpec(certificate(0, 1));
    expect(series.map(({ name }) => name)).toContain("mean so far");
    expect(description).toContain("at least 0.9500 on average after 62 of 1000");
  });

  it("count the queries of a black-box attack and the steps of another", () => {
    const trace = { loss: [-3, 1], bestLoss: [-3, 1], lossName: "margin", lossUnit: "logits" };
    expect(traceSpec({ ...trace, access: "query" })).toMatchObject({
      x: { title: "query", offersLog: true },
      y: { title: "logits" },
      description: "margin by query: best 1.00 logits after 2 queries, of 8-bit pictures.",
    });
    expect(traceSpec({ ...trace, access: "gradient" }).x.title).toBe("step");
    // What learns on other pictures looks at this one every tenth step or so.
    expect(
      traceSpec({ ...trace, access: "gradient", entry: entryOf(["steps", "phantoms"]) }),
    ).toMatchObject({
      x: { title: "look" },
      description: "margin by look: best 1.00 logits after 2 looks, of 8-bit pictures.",
    });
    expect(entryOf(["steps", "queries"])).toBe("try");
    expect(entryOf(["steps", "relativeStep"])).toBeUndefined();
  });
});

const SPEC: PlotSpec = {
  title: "A plot",
  description: "One line.",
  series: [{ name: 'a, "b"', x: [1, 2, 3], y: [0.5, NaN, Infinity], ink: "clean" }],
  x: { title: "x (mm)", range: [1, 3], offersLog: true },
  y: { title: "y", range: [0, 1] },
  marks: [{ at: 10, label: "ten", ink: "changed" }],
  band: { from: 2, to: 3, label: "none" },
};

describe("drawing", () => {
  it("breaks a line where there is no number", () => {
    const { data } = toPlotly(SPEC, THEME, FORM);
    expect(data[0]).toMatchObject({ y: [0.5, null, null], connectgaps: false });
  });

  it("names axes and units, and keeps a mark in its place on a logarithmic axis", () => {
    const { layout } = toPlotly(SPEC, THEME, FORM);
    expect(layout.xaxis).toMatchObject({
      type: "linear",
      range: [1, 3],
      title: { text: "x (mm)" },
    });
    expect(layout.annotations?.[0]).toMatchObject({ x: 10, text: "ten" });
    const log = toPlotly(SPEC, THEME, { ...FORM, logX: true }).layout;
    expect(log.xaxis?.type).toBe("log");
    expect(log.annotations?.[0]?.x).toBe(1);
  });
});

describe("a plot as a table", () => {
  it("has a row per point, empty where there is no number, quoted as RFC 4180 says", () => {
    expect(toCsv(SPEC)).toBe(
      'series,x (mm),y\r\n"a, ""b""",1,0.5\r\n"a, ""b""",2,\r\n"a, ""b""",3,\r\n',
    );
  });
});

describe("the drawing queue", () => {
  it("draws each plot at most five times a second, the newest state, and one plot per task", () => {
    let now = 0;
    const timers: { at: number; callback: () => void }[] = [];
    const queue = createDrawQueue<string>({
      now: () => now,
      wait: (ms, callback) => timers.push({ at: now + ms, callback }),
    });
    const drawn: string[] = [];
    const runTask = () => {
      const next = timers.sort((a, b) => a.at - b.at).shift()!;
      now = Math.max(now, next.at);
      next.callback();
    };
    queue.request("a", () => drawn.push("a1"));
    queue.request("b", () => drawn.push("b1"));
    runTask();
    expect(drawn).toEqual(["a1"]);
    runTask();
    expect(drawn).toEqual(["a1", "b1"]);
    queue.request("a", () => drawn.push("a2"));
    queue.request("a", () => drawn.push("a3"));
    runTask();
    expect(drawn).toEqual(["a1", "b1", "a3"]);
    expect(now).toBe(DRAW_INTERVAL_MS);
    queue.request("a", () => drawn.push("a4"));
    queue.forget("a");
    while (timers.length > 0) runTask();
    expect(drawn).not.toContain("a4");
  });
});
