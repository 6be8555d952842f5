/** `lab ask` and `lab inspect` on folders in the layout of browser exports (models/golden/vlm). */
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { zipSync } from "fflate";
import { afterAll, expect, it } from "vitest";
import { vlmFolder } from "../testing/vlmFolders.ts";
import { agreeVerb } from "./agreeVerb.ts";
import { askVerb } from "./askVerb.ts";
import { inspectVerb } from "./inspectVerb.ts";
import { phantomVerb } from "./phantomVerb.ts";

const TEMPORARY = mkdtempSync(path.join(tmpdir(), "lab-own-"));
afterAll(() => rmSync(TEMPORARY, { recursive: true }));
const FILM = path.join(TEMPORARY, "film.png");
await phantomVerb(["--seed", "3", "--finding", "effusion:left", "--out", FILM], () => undefined);

async function printed(
  verb: (args: readonly string[], print: (value: unknown) => void) => Promise<void>,
  ...args: string[]
): Promise<Record<string, unknown>> {
  const lines: unknown[] = [];
  await verb(args, (value) => lines.push(value));
  expect(lines).toHaveLength(1);
  return lines[0] as Record<string, unknown>;
}

const QUESTION = ["--question", "is there any pleural effusion ?"];

it("answers from a zip as from its folder, in words too, and attacks the answer", async () => {
  const root = vlmFolder("llava");
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) =>
    e.isFile(),
  );
  const zip = path.join(TEMPORARY, "llava.zip");
  const contents = Object.fromEntries(
    files.map((e) => {
      const file = path.join(e.parentPath, e.name);
      return [`llava/${path.relative(root, file)}`, new Uint8Array(readFileSync(file))] as const;
    }),
  );
  writeFileSync(zip, zipSync(contents));
  const more = ["--max-tokens", "4", "--epsilon", "8/255", "--steps", "4"];
  const folder = await printed(askVerb, FILM, ...QUESTION, "--model", root, ...more);
  const { model: _a, ...fromFolder } = folder;
  const { model: _b, ...fromZip } = await printed(
    askVerb,
    FILM,
    ...QUESTION,
    "--model",
    zip,
    ...more,
  );
  expect(fromZip).toEqual(fromFolder);
  expect(folder).toMatchObject({
    family: "LLaVA",
    spellings: [
      ["yes", " yes"],
      ["no", " no"],
    ],
  });
  const { probabilities } = folder as { probabilities: { yes: number; no: number } };
  expect(probabilities.yes + probabilities.no).toBeCloseTo(1, 6);
  expect(folder["answer"]).toBe(probabilities.yes > probabilities.no ? "yes" : "no");
  expect(String(folder["text"]).length).toBeGreaterThan(3);
  const attacked = folder["attacked"] as { losses: number[]; norm: number; gradient: string };
  expect(attacked.losses.at(-1)).toBeGreaterThan(attacked.losses[0]! + 0.01);
  expect(attacked.norm).toBeLessThanOrEqual(8 / 255 + 1e-6);
  expect(attacked.gradient).toBe("exact");
  const inspected = await printed(inspectVerb, zip);
  expect(inspected).toMatchObject({ folder: { family: "llava", label: "LLaVA" } });
});

it("looks inside: nearest words, the answer's attention, and where pictures and wordings part", async () => {
  const asked = [FILM, ...QUESTION, "--model", vlmFolder("llava"), "--stages"];
  const more = ["--epsilon", "8/255", "--steps", "2", "--wording", "what shows ?"];
  const { stages } = (await printed(askVerb, ...asked, ...more)) as { stages: Stages };
  expect(stages.missing).toEqual([]);
  expect(stages.words.byToken).toHaveLength(4);
  expect(stages.attention.map(({ layer, grid }) => [layer, grid])).toEqual([
    [1, [2, 2]],
    [2, [2, 2]],
  ]);
  for (const { heads, mean } of stages.attention) {
    expect(mean.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 3);
    for (const { onPicture } of heads) expect(onPicture).toBeGreaterThan(0);
  }
  const { connector, encoder, answer } = stages.shift;
  for (const { cosine } of [connector, ...encoder, ...answer])
    expect(cosine).toBeLessThan(1.000001);
  expect(connector.cosine).toBeLessThan(0.99999);
  expect(stages.wording.cosine.map(({ block }) => block)).toContain(stages.wording.partsAt);
  const plain = (await printed(askVerb, ...asked)) as { stages: Partial<Stages> };
  expect(plain.stages.shift).toBeUndefined();
  // The film itself, as the second picture, has not moved.
  const same = (await printed(askVerb, ...asked, "--against", FILM)) as { stages: Stages };
  expect(same.stages.shift.connector.cosine).toBeCloseTo(1, 6);
  await expect(
    askVerb([FILM, ...QUESTION, "--model", vlmFolder("llava"), "--wording", "x"], () => undefined),
  ).rejects.toThrow(/add --stages/);
  const captions = ["--answer", "the heart", "--answer", "pleural effusion"];
  await expect(
    askVerb(
      [FILM, ...QUESTION, "--model", vlmFolder("clip"), ...captions, "--stages"],
      () => undefined,
    ),
  ).rejects.toThrow(/CLIP has no connector and no decoder/);
});

interface Shift {
  readonly block: string;
  readonly cosine: number;
}
interface Stages {
  readonly missing: readonly string[];
  readonly words: { readonly byToken: readonly string[] };
  readonly attention: readonly {
    readonly layer: number;
    readonly grid: readonly number[];
    readonly mean: readonly number[];
    readonly heads: readonly { readonly onPicture: number }[];
  }[];
  readonly shift: {
    readonly connector: Shift;
    readonly encoder: readonly Shift[];
    readonly answer: readonly Shift[];
  };
  readonly wording: { readonly cosine: readonly Shift[]; readonly partsAt: string };
}

it("compares forms and backends, and says by name which stage a damaged kernel would move", async () => {
  const asked = [FILM, ...QUESTION, "--model", vlmFolder("llava"), "--max-tokens", "2"];
  const forms = ["--precision", "eager", "--precision", "fp32", "--precision", "q4"];
  const said = (await printed(agreeVerb, ...asked, ...forms)) as unknown as Agreement;
  expect(said.reference).toMatchObject({ backend: "native", precision: "eager" });
  expect(said.compared.map(({ backend, precision }) => `${precision} ${backend}`)).toEqual([
    "fp32 native",
    "q4 native",
    "eager wasm",
    "fp32 wasm",
    "q4 wasm",
  ]);
  for (const { precision, cosine, differs, sameText } of said.compared) {
    expect(cosine.connector).toBeGreaterThan(0.99999);
    if (precision === "q4") {
      // Random weights of a few channels: 4 bits are another model, and are said to be.
      expect(cosine.language).toBeLessThan(0.999);
      expect(differs.join()).toMatch(/language \(cosine 0\.\d+\)/);
    } else {
      expect(cosine.language).toBeGreaterThan(0.99999);
      expect(cosine.logits).toBeGreaterThan(0.99999);
      expect({ differs, sameText }).toEqual({ differs: [], sameText: true });
    }
  }
  expect(said.agree).toBe(false);
  expect(said.verdict).toMatch(/^q4 on native: .*q4 on wasm: /);
  await expect(agreeVerb([FILM, ...QUESTION, "--model", "base"], () => undefined)).rejects.toThrow(
    /"base" is no folder or zip of one/,
  );
});

interface Agreement {
  readonly reference: object;
  readonly compared: readonly {
    readonly backend: string;
    readonly precision: string;
    readonly cosine: Readonly<Record<"connector" | "language" | "logits", number>>;
    readonly differs: readonly string[];
    readonly sameText: boolean;
  }[];
  readonly agree: boolean;
  readonly verdict: string;
}

it.each([
  ["llava-mini", ["--max-tokens", "12"], "yes", / yes, there is a \w+ left pleural effusion\./],
  [
    "siglip-mini",
    ["with", "without"].flatMap((word) => [
      "--answer",
      `a chest radiograph ${word} pleural effusion`,
    ]),
    "a chest radiograph with pleural effusion",
    undefined,
  ],
])(
  "asks %s by its id, as it comes with the lab, and it sees what is there",
  async (id, more, answer, text) => {
    const asked = ["--question", "Is there a pleural effusion?", "--model", id, ...more];
    const said = await printed(askVerb, FILM, ...asked);
    expect(said).toMatchObject({ answer, notices: [], precision: "int8" });
    expect(await printed(inspectVerb, id)).toMatchObject({ folder: { problem: undefined } });
    if (text) expect(said["text"]).toMatch(text);
  },
);

it("scores captions by a dual encoder, and says what it cannot do", async () => {
  const asked = [FILM, "--question", "effusion", "--model", vlmFolder("clip")];
  const captions = ["--answer", "chest x-ray with pleural effusion", "--answer", "the heart"];
  const { answer } = await printed(askVerb, ...asked, ...captions);
  expect(captions).toContain(answer);
  await expect(
    askVerb([...asked, ...captions, "--max-tokens", "3"], () => undefined),
  ).rejects.toThrow("CLIP writes no text: it scores captions.");
});

it("refuses by a sentence what does not fit", async () => {
  const ask = (...args: string[]) => askVerb([FILM, ...QUESTION, ...args], () => undefined);
  const own = ["--model", vlmFolder("llava")];
  await expect(ask(...own, "--answer", "yes")).rejects.toThrow(/--answer at least twice/);
  await expect(ask(...own, "--epsilon", "2")).rejects.toThrow(/must be like 4\/255/);
  await expect(ask(...own, "--answer", "yes", "--answer", "perhaps so")).rejects.toThrow(
    /"perhaps so" is no single token/,
  );
  await expect(ask("--model", "base", "--epsilon", "4/255")).rejects.toThrow(
    /--epsilon is for a folder with a model of your own/,
  );
});

it("names a family that it does not open, and each graph of it", async () => {
  const root = mkdtempSync(path.join(TEMPORARY, "smol-"));
  writeFileSync(path.join(root, "config.json"), JSON.stringify({ model_type: "llava_next" }));
  const graph = readFileSync(path.join(vlmFolder("llava"), "onnx/decoder_model_merged_q4.onnx"));
  writeFileSync(path.join(root, "decoder_model_merged_q4.onnx"), graph);
  const { folder } = (await printed(inspectVerb, root)) as {
    folder: { problem: string; contents: Record<string, { notDifferentiable: unknown[] }> };
  };
  expect(folder.problem).toMatch(/^LLaVA-NeXT is recognised and not opened/);
  expect(folder.contents["decoder_model_merged_q4.onnx"]!.notDifferentiable).toEqual([]);
  await expect(askVerb([FILM, ...QUESTION, "--model", root], () => undefined)).rejects.toThrow(
    /LLaVA-NeXT is recognised and not opened/,
  );
});

it("says of a damaged folder which file it is, or what is wrong with it", async () => {
  const changed = (change: (root: string) => void): string[] => {
    const root = mkdtempSync(path.join(TEMPORARY, "damaged-"));
    cpSync(vlmFolder("llava"), root, { recursive: true });
    change(root);
    return [FILM, ...QUESTION, "--model", root];
  };
  const refuses = (sentence: RegExp, change: (root: string) => void) =>
    expect(askVerb(changed(change), () => undefined)).rejects.toThrow(sentence);
  const at = (root: string, name: string): string => path.join(root, name);
  const decoder = "onnx/decoder_model_merged.onnx";
  await refuses(/^onnx\/decoder_model_merged\.onnx: .*damaged or cut off/, (root) =>
    truncateSync(at(root, decoder), 60_000),
  );
  await refuses(/embed_tokens does not take token ids alone/, (root) =>
    cpSync(at(root, "onnx/vision_encoder.onnx"), at(root, "onnx/embed_tokens.onnx")),
  );
  await refuses(/no chat template/, (root) => rmSync(at(root, "chat_template.jinja")));
  await refuses(/writes 0 places for the picture/, (root) =>
    writeFileSync(at(root, "chat_template.jinja"), "{{ bos_token }}hello"),
  );
  await refuses(/chat template does not run/, (root) =>
    writeFileSync(at(root, "chat_template.jinja"), "{% if"),
  );
  await refuses(/config\.json is not valid JSON/, (root) =>
    writeFileSync(at(root, "config.json"), "{"),
  );
  await refuses(/There is no config\.json among the files/, (root) =>
    rmSync(at(root, "config.json")),
  );
});
