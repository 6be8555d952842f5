import { deflateSync, strToU8 } from "fflate";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LabError } from "../../errors/labError.ts";
import { arbitrarySpec, arbitraryStroke } from "../../testing/arbitrarySpec.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { ReplayNumbers } from "../replaySchema.ts";
import { decodeShareLink, looksLikeLink } from "./decode.ts";
import { encodeShareLink } from "./encode.ts";
import { crc32 } from "./format.ts";
import type { ExperimentSpec } from "../spec.ts";
import { quantizeStroke } from "../strokes.ts";

const EXPECTED: ReplayNumbers = {
  answerClean: "yes",
  answerDisturbed: "no",
  marginClean: 3.25,
  marginDisturbed: -1.5,
  featureCosine: 0.9312,
  backend: "wasm",
  precision: "int8",
  modelSha256: "0123456789abcdef".repeat(8),
};
const VIEW = { overlay: "rollout", opacity: 0.45, invert: true };

function refusal(fragment: string): LabError {
  try {
    decodeShareLink(fragment);
  } catch (error) {
    if (error instanceof LabError) return error;
  }
  throw new Error("not refused");
}

/** A fragment with a right checksum around any payload. */
function linkOf(text: Uint8Array, version = 1): string {
  const body = deflateSync(text, { level: 9 });
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  bytes.set(body, 4);
  return `#p${version}.${Buffer.from(bytes).toString("base64url")}`;
}

const onLattice = (spec: ExperimentSpec): ExperimentSpec => ({
  ...spec,
  stack: spec.stack.map((item) =>
    item.type === "perturbation" && item.strokes
      ? { ...item, strokes: item.strokes.map(quantizeStroke) }
      : item,
  ),
});

test("any experiment comes back from its link exactly, strokes on their lattice", () => {
  fc.assert(
    fc.property(arbitrarySpec, fc.boolean(), (spec, finished) => {
      const shared = { spec, view: VIEW, ...(finished ? { expected: EXPECTED } : {}) };
      const link = encodeShareLink(shared);
      const decoded = decodeShareLink(link);
      expect(decoded).toEqual({ ...shared, spec: onLattice(spec) });
      expect(encodeShareLink(decoded)).toBe(link);
    }),
    { numRuns: 200 },
  );
});

test("a stroke moves by at most half a lattice step, once", () => {
  fc.assert(
    fc.property(arbitraryStroke, (stroke) => {
      const snapped = quantizeStroke(stroke);
      expect(quantizeStroke(snapped)).toEqual(snapped);
      expect(Math.abs(snapped.radius - stroke.radius)).toBeLessThanOrEqual(0.5 / 1024 + 1e-12);
      expect(Math.abs(snapped.intensity - stroke.intensity)).toBeLessThanOrEqual(0.5 / 255 + 1e-12);
      const [first] = stroke.points;
      expect(Math.abs(snapped.points[0]![0] - first![0])).toBeLessThanOrEqual(0.5 / 1024 + 1e-12);
    }),
  );
});

test("the opening case with its numbers fits in a short message", () => {
  const link = encodeShareLink({ spec: defaultSpec(), view: VIEW, expected: EXPECTED });
  expect(link).toMatch(/^#p1\.[\w-]+$/);
  expect(link.length).toBeLessThan(700);
});

test("CRC-32 has its published check value", () => {
  expect(crc32(strToU8("123456789"))).toBe(0xcbf43926);
});

test.each([
  ["", "This is not a Penumbra link."],
  ["#", "This is not a Penumbra link."],
  ["#certificate", "This is not a Penumbra link."],
  ["#p1", "This is not a Penumbra link."],
  ["#p1.<script>alert(1)</script>", "This is not a Penumbra link."],
  ["#p1.", "This link is cut off."],
  ["#p1.AAAA", "This link is cut off."],
  ["#p3.AAAAAAAAAA", "newer Penumbra (link version 3; this one reads up to 2)"],
  ["#p999999.AAAAAAAAAA", "newer Penumbra"],
  ["#p0.AAAAAAAAAA", "This link is"],
  [`#p1.${"A".repeat(70_000)}`, "This link has 70004 characters"],
])("%s is refused with a sentence", (fragment, sentence) => {
  const { code, message } = refusal(fragment);
  expect(code).toBe("link-invalid");
  expect(message).toContain(sentence);
});

test("every truncation and every changed character is noticed", () => {
  const link = encodeShareLink({ spec: defaultSpec(), view: VIEW, expected: EXPECTED });
  for (let length = 0; length < link.length; length++) {
    expect(refusal(link.slice(0, length)).code).toBe("link-invalid");
  }
  const decodedSpec = JSON.stringify(decodeShareLink(link).spec);
  let opened = 0;
  for (let at = 4; at < link.length; at++) {
    const changed = link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
    try {
      // Left-over bits of the last character mean nothing, and deflate can write one text in two ways: what opens is the same.
      expect(JSON.stringify(decodeShareLink(changed).spec)).toBe(decodedSpec);
      opened++;
    } catch (error) {
      expect(error).toBeInstanceOf(LabError);
    }
  }
  expect(opened).toBeLessThanOrEqual(2);
});

test("junk never gets past the door", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 400 }), (bytes) => {
      const { code } = refusal(`#p1.${Buffer.from(bytes).toString("base64url")}`);
      expect(code).toBe("link-invalid");
    }),
  );
});

test("a bomb is stopped while it grows", () => {
  const bomb = linkOf(new Uint8Array(8_000_000));
  expect(bomb.length).toBeLessThan(64_000);
  expect(refusal(bomb).message).toContain("expands to more than 512 kB");
});

test("a wrong checksum is said to be one", () => {
  const link = linkOf(strToU8('{"spec":{},"view":{}}'));
  const bytes = Buffer.from(link.slice(4), "base64url");
  bytes[0] = bytes[0]! ^ 1;
  expect(refusal(`#p1.${bytes.toString("base64url")}`).message).toContain("checksum");
});

test("a well-formed link around nonsense is refused by field", () => {
  const link = (payload: unknown) => linkOf(strToU8(JSON.stringify(payload)));
  const spec = defaultSpec();
  expect(refusal(linkOf(strToU8("not json"))).message).toContain("not JSON");
  expect(refusal(link([])).code).toBe("link-invalid");
  expect(refusal(link({ spec, view: {}, pixels: [0] })).message).toContain('"pixels" is no field');
  expect(refusal(link({ spec, view: { __proto__x: 1 } })).code).toBe("link-invalid");
  expect(refusal(link({ spec, view: { a: { b: 1 } } })).code).toBe("link-invalid");
  expect(refusal(link({ spec, view: {}, expected: { ...EXPECTED, backend: "x" } })).code).toBe(
    "link-invalid",
  );
  const hostile = refusal(link({ spec: { ...spec, question: 7 }, view: {} }));
  expect(hostile.code).toBe("spec-invalid");
  expect(hostile.message).toContain("question is 7");
  const strokes = [[50, 255, 0, 512, 512, 1e9, 0]];
  const painted = {
    id: "paint-1",
    type: "perturbation",
    perturbation: "paintedPatch",
    enabled: true,
    seed: 0,
    params: {},
    strokes,
  };
  expect(refusal(link({ spec: { ...spec, stack: [painted] }, view: {} })).message).toContain(
    "stack[0].strokes[0].points[1][0]",
  );
});

test("a link of the first lab, whose attacks all had steps and a step size, still opens", () => {
  // Made by commit e3edae1 from Square 60, FGSM, APGD 30 and PGD 12 over the opening case.
  const { spec } = decodeShareLink(
    "#p1.0UslGKNUvzn2UEolFDymBga1sSAfYcQhcrZBi8gkkLOw5GickQiNLAWYc0CRCswboCQHdCvYzOLC0sQikKnoaRSeNuEqsCZPY5zJ0wSe-cyAkYieUVHyqRFGIYCcy0HFB9itaengEg2nS6HyhNwJKnPgrkQUEcCopIYjEyF5GacjofIkBibQcqgzjakUmAScSaErDYFMSlwJLKBpWYDU1gIA",
  );
  const common = { type: "attack", enabled: true, seed: 3, restarts: 2 };
  const goal = { kind: "untargeted" };
  // It named no feature, and still means the one of its time.
  const { beside: _, feature: __, ...certificate } = defaultSpec().certificate;
  expect(spec).toEqual({
    ...defaultSpec(),
    certificate,
    // The opening case of that commit.
    case: {
      kind: "phantom",
      phantom: { seed: 7, findings: [{ kind: "effusion", side: "left", amount: 500 }] },
    },
    stack: [
      { id: "square", attack: "square", norm: "linf", epsilon: 4, queries: 60, ...common, goal },
      { id: "fgsm", attack: "fgsm", norm: "l2", epsilon: 1, ...common, goal },
      { id: "apgd", attack: "apgd", norm: "linf", epsilon: 2, steps: 30, ...common, goal },
      {
        id: "pgd",
        attack: "pgd",
        norm: "linf",
        epsilon: 2,
        steps: 12,
        relativeStep: 0.5,
        ...common,
        goal,
      },
    ],
  });
});

test("an old link walks the migrations up to the current version", () => {
  const old = linkOf(strToU8(JSON.stringify({ spec: defaultSpec(), screen: VIEW })), 1);
  const migrations = {
    1: (payload: unknown) => {
      const { spec, screen } = payload as { spec: unknown; screen: unknown };
      return { spec, view: screen };
    },
    2: (payload: unknown) => ({ ...(payload as object) }),
  };
  expect(decodeShareLink(old, migrations, 3)).toEqual({ spec: defaultSpec(), view: VIEW });
  expect(() => decodeShareLink(old, { 2: migrations[2] }, 3)).toThrow(
    "Links of version 1 can no longer be read.",
  );
});

test("an experiment too large for a link says so", () => {
  const random = (n: number) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1;
  const strokes = Array.from({ length: 100 }, (_, s) => ({
    points: Array.from(
      { length: 1000 },
      (_, i) => [random(s * 1000 + i), random(i * 77 + s)] as const,
    ),
    radius: 0.05,
    intensity: 1,
    erase: false,
  }));
  const spec = defaultSpec();
  const item = { ...spec.stack[0]!, perturbation: "paintedPatch", params: {}, strokes };
  expect(() =>
    encodeShareLink({ spec: { ...spec, stack: [item as (typeof spec.stack)[0]] }, view: {} }),
  ).toThrow(/needs a link of \d+ characters/);
});

test.each([
  ["a full stop", (link: string) => `${link}.`],
  ["a bracket", (link: string) => `${link})`],
  ["a comma and words", (link: string) => `${link}, look at this`],
  ["an escaped space", (link: string) => `${link}%20`],
  ["an escaped zero-width space", (link: string) => `${link}%E2%80%8B`],
  ["a zero-width space", (link: string) => `${link}\u200b`],
  ["an escape that is broken", (link: string) => `${link}%E2%8`],
  ["parameters of a chat program", (link: string) => `${link}&utm_source=chat`],
  ["angle brackets", (link: string) => `<${link}>`],
  ["quotes", (link: string) => `"${link}"`],
  ["emphasis", (link: string) => `_${link}_`],
  ["a dash", (link: string) => `${link}-`],
  ["line breaks inside", (link: string) => link.replace(/(.{40})/g, "$1\r\n ")],
  ["escapes of everything", (link: string) => encodeURIComponent(link)],
  ["the whole address", (link: string) => `https://lab.example/penumbra/?a=1${link}`],
])("a link opens with %s", (_, changed) => {
  const shared = { spec: defaultSpec(), view: VIEW, expected: EXPECTED };
  const touched = changed(encodeShareLink(shared));
  expect(looksLikeLink(touched)).toBe(true);
  expect(decodeShareLink(touched)).toEqual(shared);
});

test("what merely resembles a link is none", () => {
  for (const text of ['{"format": "penumbra-run"}', "p1", "#certificate", "step1.x"])
    expect(looksLikeLink(text)).toBe(false);
});
