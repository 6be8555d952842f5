/** Explanations of a film on which a reader marked findings: pointing and energy against the box, through a run. */
import { expect, test } from "vitest";
import { nodeLab } from "../../cli/nodeLab.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { cellMeans } from "../../explanations/cells.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { InstrumentResult } from "../instruments/instrumentResult.ts";
import type { StageResults } from "../results.ts";
import type { ExperimentSpec, FilmBoxes } from "../spec.ts";
import { validateSpec } from "../validateSpec.ts";
import { askedMask } from "./explanationInstrument.ts";

const opening = defaultSpec();
if (opening.case.kind !== "phantom") throw new Error("the opening case is a phantom");
const phantom = renderPhantom(opening.case.phantom, 448);

/** The phantom as a film of 600 rows and 448 columns: 76 black rows above and below what the model is given. */
async function film(): Promise<Radiograph> {
  const [rows, cols, top] = [600, 448, 76];
  const values = new Int32Array(rows * cols);
  phantom.image.forEach((gray, i) => {
    values[(Math.floor(i / 448) + top) * cols + (i % 448)] = Math.round(255 * gray);
  });
  return {
    source: "png",
    rows,
    cols,
    values,
    bitsStored: 8,
    photometric: "MONOCHROME2",
    pixelAspect: 1,
    vois: [],
    notices: [],
    rawSha256: await sha256Hex(new Uint8Array(values.buffer)),
  };
}

async function ran(boxes: FilmBoxes | undefined, question = opening.question) {
  const lab = nodeLab(nodeSessions(1));
  const radiograph = await film();
  lab.addRadiograph(radiograph);
  const spec: ExperimentSpec = validateSpec({
    ...opening,
    case: { kind: "file", sha256: radiograph.rawSha256, ...(boxes && { boxes }) },
    window: { kind: "manual", center: 127.5, width: 255 },
    question,
    stack: [],
    certificate: { ...opening.certificate, enabled: false },
    relevance: { enabled: false },
    instruments: [{ instrument: "relevance", enabled: true, seed: 1, params: {} }],
  });
  let input: StageResults["input"] | undefined;
  let found: InstrumentResult | undefined;
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type !== "stage") continue;
    if (event.stage === "input") input = event.payload;
    if (event.stage === "instrument:relevance") found = event.payload as InstrumentResult;
  }
  const value = (id: string) => found!.quantities.find((q) => q.id === id)!;
  return { input: input!, found: found!, value };
}

test("what a reader marked on a film is what explanations are measured against, on the square the model is given", async () => {
  // Columns 224 to 448 and rows 376 to 526 of the film: the right half, and rows 300 to 450 of the square.
  const marked = [{ finding: "effusion", x: 224, y: 376, width: 224, height: 150 }];
  const { input, found, value } = await ran(marked);
  const { mask, inside } = input.marked!["effusion"]!;
  expect(inside).toBeCloseTo(148 / 150, 10);
  // On 224 x 224: columns 112 to 224, rows 150 to 224 (the box ends below the square).
  expect(mask.reduce((sum, v) => sum + v, 0)).toBeCloseTo(112 * 74, 3);
  const map = found.maps![0]!;
  const cover = cellMeans(mask, 224, map.grid);
  const total = map.data.reduce((sum, v) => sum + v, 0);
  const energy = map.data.reduce((sum, v, i) => sum + v * cover[i]!, 0) / total;
  expect(value("energy.clean").value).toBeCloseTo(energy, 5);
  const strongest = map.data.indexOf(Math.max(...map.data));
  expect(value("pointing.clean").value).toBe(Number(cover[strongest]! > 0));
  expect(found.statement).toContain("in what is marked as effusion on this film");
  expect(found.statement).toContain("Only 99 % of the marked area lies in the square");
}, 120_000);

test("without a box for the finding that is asked about it says so, and points nowhere", async () => {
  const none = await ran(undefined);
  expect(none.found.statement).toContain("only where a reader has marked it");
  expect(none.value("energy.clean").value).toBeNaN();
  const question = "Is there a pleural effusion?";
  const seen = { mask: new Float32Array(4), inside: 1 };
  expect(askedMask(question, { marked: { nodule: seen } })).toContain("marked: nodule");
  expect(askedMask(question, { marked: { effusion: { ...seen, inside: 0 } } })).toContain(
    "outside the square",
  );
}, 120_000);
