/** Graphs linked before and after a model's encoder: everything that is asked of the model passes through them. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { openBundledModel } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { parseManifest } from "../model/manifest.ts";
import type { LinkableModel } from "../model/modelLink.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import type { AnswerObjective, Objective, TextObjective } from "../model/objective.ts";
import { serializeModel } from "../onnx/file.ts";
import { randomStream } from "../numerics/random.ts";
import { dot, linfNorm, subtract } from "../tensor/norms.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { asLink, mapperGraph, purifierGraph } from "../testing/tinyLinks.ts";
import { memorySource, tinyPackage } from "../testing/tinyPackage.ts";
import type { OnnxModel } from "./onnxModel.ts";
import { readPackage } from "./modelPackage.ts";
import { openModel } from "./openModel.ts";
import { readyPackage } from "./readyModel.ts";
import { probeRunner } from "./runners.ts";
import type { SessionFactory } from "./session.ts";

const SIZE = 64;
const TOKENS = 64;
const WIDTH = 16;
const SIGMA = 0.5;
const native = nodeSessions(1);

async function openTiny(mergedBytes?: number, sessions: SessionFactory = native) {
  const base = new URL("../../public/models/base/", import.meta.url);
  const text = async (name: string) => readFile(new URL(name, base), "utf8");
  const tokenizer = await text("tokenizer.json");
  const files = await tinyPackage(
    parseManifest(JSON.parse(await text("manifest.json"))),
    tokenizer,
  );
  const ready = await readyPackage(
    await readPackage(memorySource(files), "int8"),
    probeRunner(sessions),
  );
  return openModel(ready, sessions, mergedBytes === undefined ? {} : { mergedBytes });
}

/** Seeded pixels in [0, 1]. */
function picture(seed: number, size: number): Float32Array {
  const random = randomStream(seed, "test/links");
  return Float32Array.from({ length: size * size }, () => random.uniform());
}

const image = picture(5, SIZE);
const purifier = (sigma = SIGMA) => asLink("purifier", "before", purifierGraph(SIZE), { sigma });
const mapper = (sigma = SIGMA) => asLink("mapper", "after", mapperGraph(TOKENS, WIDTH), { sigma });

function questionTo(
  model: VisionLanguageModel,
  aim: AnswerObjective["aim"] = "away",
): AnswerObjective {
  const space = model.manifest.answerSpaces["yes-no"]!;
  return {
    kind: "answer",
    aim,
    answer: space.answers[0]!,
    loss: "margin",
    promptIds: model.encodePrompt("Is there a pleural effusion?"),
    answers: space.answers,
    answerTokenIds: space.tokenIds,
  };
}

/** Two and a half rows of cells, left of the middle. */
const MASK = Float32Array.from({ length: SIZE * SIZE }, (_, i) =>
  Math.floor(i / SIZE) < 20 && i % SIZE < SIZE / 2 ? 1 : 0,
);

function textBehind(model: VisionLanguageModel, aim: Objective["aim"]): TextObjective {
  const { promptIds } = questionTo(model);
  const textIds = model.encodeText("left pneumothorax");
  return { kind: "text", aim, loss: "log-likelihood", promptIds, textIds };
}

/** Largest error over the largest entry. */
const apart = (a: Float32Array, b: Float32Array) => linfNorm(subtract(a, b)) / linfNorm(b);

describe("a purifier before and a mapper after a model", () => {
  let bare: OnnxModel;
  let linked: LinkableModel;
  beforeAll(async () => {
    bare = await openTiny();
    linked = await bare.withLinks([purifier(), mapper()]);
  });

  it("encodes, embeds and answers what its parts give one after the other", async () => {
    const sigma = floatTensor(Float32Array.of(SIGMA), [1]);
    const cleaned = await nativeRunner(serializeModel(purifierGraph(SIZE)), {
      image: floatTensor(image, [1, 1, SIZE, SIZE]),
      sigma,
    });
    const inner = await bare.encode(cleaned["clean"]!.data as Float32Array);
    const mapped = await nativeRunner(serializeModel(mapperGraph(TOKENS, WIDTH)), {
      tokens: inner.tokens,
      embedding: floatTensor(inner.embedding, [1, WIDTH]),
      sigma,
    });
    const vector = mapped["mapped_embedding"]!.data as Float32Array;
    const norm = Math.sqrt(dot(vector, vector));

    const { tokens, embedding, attention } = await linked.encode(image);
    expect(apart(tokens.data, mapped["mapped_tokens"]!.data as Float32Array)).toBeLessThan(1e-5);
    expect(
      apart(
        embedding,
        vector.map((x) => x / norm),
      ),
    ).toBeLessThan(1e-5);
    expect(Math.abs(norm - 1)).toBeGreaterThan(0.01);
    expect(apart(attention[0]!.maps, inner.attention[0]!.maps)).toBeLessThan(1e-5);
    const { promptIds } = questionTo(bare);
    const said = await linked.answer(tokens, promptIds);
    const expected = await bare.answer(tokens, promptIds);
    expect([...said.logits]).toEqual([...expected.logits]);
    // In batches as one by one.
    const other = image.map((v) => 1 - v);
    const batch = await linked.embed([image, other]);
    expect(apart(batch[0]!, embedding)).toBeLessThan(1e-5);
    expect(apart(batch[1]!, (await linked.embed([other]))[0]!)).toBeLessThan(1e-5);
  });

  const attention =
    (of: "encoder" | "answer", loss: "mass" | "scores", aim: Objective["aim"]) =>
    async (): Promise<Objective> => {
      const { promptIds } = questionTo(linked);
      return { kind: "attention", aim, loss, of, mask: MASK, promptIds };
    };
  it.each([
    ["away from an answer", async () => questionTo(linked, "away")],
    ["towards an answer", async () => questionTo(linked, "towards")],
    [
      "a feature",
      async () => {
        const [reference] = await linked.embed([image.map((v) => v * v)]);
        return { kind: "feature", aim: "away", loss: "cosine", reference: reference! };
      },
    ],
    ["towards a text", async () => textBehind(linked, "towards")],
    ["away from a text", async () => textBehind(linked, "away")],
    ["the encoder's attention", attention("encoder", "mass", "towards")],
    ["the encoder's attention scores", attention("encoder", "scores", "away")],
    ["the answer's attention", attention("answer", "mass", "away")],
    ["the answer's attention scores", attention("answer", "scores", "towards")],
  ] as const satisfies readonly (readonly [string, () => Promise<Objective>])[])(
    "has the gradient of its own loss (%s)",
    async (_name, made) => {
      const request: Objective = await made();
      const { loss, gradient } = await linked.lossGradient(image, request);
      // The forward graphs know nothing of gradients.
      expect(loss).toBeCloseTo(await linked.loss(image, request), 5);
      const direction = gradient.map((g) => g / Math.sqrt(dot(gradient, gradient)));
      const step = 5e-3;
      const at = (t: number) =>
        linked.loss(
          image.map((v, i) => v + t * direction[i]!),
          request,
        );
      const slope = ((await at(step)) - (await at(-step))) / (2 * step);
      expect(slope / dot(gradient, direction)).toBeCloseTo(1, 2);
      const bareGradient = (await bare.lossGradient(image, request)).gradient;
      expect(apart(gradient, bareGradient)).toBeGreaterThan(0.05);
      const check = await linked.checkGradient(image, request, 3);
      expect(check.ok).toBe(true);
    },
  );

  it("has in the mask the share of the attention that it shows there", async () => {
    const { attention: shown, tokens } = await linked.encode(image);
    const { crossAttention } = await linked.answer(tokens, questionTo(linked).promptIds);
    for (const [of, layers] of [
      ["encoder", shown],
      ["answer", crossAttention],
    ] as const) {
      const shares = layers.flatMap(({ maps, heads, grid: [rows, columns] }) =>
        Array.from({ length: heads }, (_, head) => {
          let share = 0;
          for (let cell = 0; cell < rows * columns; cell++) {
            const [row, column] = [Math.floor(cell / columns), cell % columns];
            // The mask is two rows of cells and half of the third, left of the middle.
            const covered = column < columns / 2 ? ([1, 1, 0.5][row] ?? 0) : 0;
            share += covered * maps[head * rows * columns + cell]!;
          }
          return share;
        }),
      );
      const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
      const request = await attention(of, "mass", "towards")();
      expect(await linked.loss(image, request)).toBeCloseTo(mean, 6);
      expect(mean).toBeGreaterThan(0.01);
    }
  });

  it("finds a text as likely as its words one after the other", async () => {
    const { promptIds, textIds } = textBehind(linked, "towards");
    expect(textIds.length).toBeGreaterThan(1);
    const { tokens } = await linked.encode(image);
    let expected = 0;
    for (const [k, id] of textIds.entries()) {
      const { logits } = await linked.answer(tokens, [...promptIds, ...textIds.slice(0, k)]);
      expected += logits[id]! - Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0));
    }
    expect(await linked.loss(image, textBehind(linked, "towards"))).toBeCloseTo(expected, 4);
    expect(await linked.loss(image, textBehind(linked, "away"))).toBeCloseTo(-expected, 4);
  });

  it("has the same gradient and relevance from linked graphs as from one joined graph", async () => {
    const apartModel = await (await openTiny(0)).withLinks([purifier(), mapper()]);
    const request = questionTo(linked);
    const one = await linked.lossGradient(image, request);
    const many = await apartModel.lossGradient(image, request);
    expect(many.loss).toBeCloseTo(one.loss, 5);
    expect(apart(many.gradient, one.gradient)).toBeLessThan(1e-5);
    const map = await linked.relevance(image, request);
    expect(apart(await apartModel.relevance(image, request), map)).toBeLessThan(1e-4);
    expect(map.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(apart(map, await bare.relevance(image, request))).toBeGreaterThan(1e-3);
  });

  it("is the bare model to the bit where sigma is 0, under a name of its own", async () => {
    const same = await bare.withLinks([purifier(0), mapper(0)]);
    const [a, b] = [await same.encode(image), await bare.encode(image)];
    expect([...a.tokens.data]).toEqual([...b.tokens.data]);
    expect(apart(a.embedding, b.embedding)).toBeLessThan(1e-6);
    const names = [bare, same, linked, await bare.withLinks([purifier()])].map((m) => m.sha256);
    expect(new Set(names).size).toBe(4);
    expect((await bare.withLinks([purifier(), mapper()])).sha256).toBe(linked.sha256);
  });

  it("passes through two purifiers in the order given", async () => {
    const [weak, strong] = [purifier(0.1), purifier(0.9)];
    const clean = async (model: VisionLanguageModel) => (await model.embed([image]))[0]!;
    const inOrder = await bare.withLinks([weak, strong]);
    const nested = await (await bare.withLinks([strong])).withLinks([weak]);
    const reversed = await bare.withLinks([strong, weak]);
    expect([...(await clean(inOrder))]).toEqual([...(await clean(nested))]);
    expect(apart(await clean(inOrder), await clean(reversed))).toBeGreaterThan(1e-4);
    const request = questionTo(bare);
    expect((await inOrder.checkGradient(image, request, 1)).ok).toBe(true);
  });

  it("links a purifier of another operator set, which cannot be joined", async () => {
    const older = asLink("purifier", "before", purifierGraph(SIZE, 17), { sigma: SIGMA });
    const request = questionTo(bare);
    const [a, b] = [await bare.withLinks([older]), await bare.withLinks([purifier()])];
    const { gradient } = await b.lossGradient(image, request);
    expect(apart((await a.lossGradient(image, request)).gradient, gradient)).toBeLessThan(1e-5);
  });

  it("runs nothing for no picture: a batch of none is an error of the runtime in the browser", async () => {
    let runs = 0;
    const counting: SessionFactory = {
      ...native,
      create: async (...args) => {
        const session = await native.create(...args);
        return { ...session, run: (...feeds) => (runs++, session.run(...feeds)) };
      },
    };
    const model = await openTiny(undefined, counting);
    const before = runs;
    expect(await model.embed([])).toEqual([]);
    expect(runs).toBe(before);
    await model.embed([image]);
    expect(runs).toBe(before + 1);
    await model.release();
  });

  it("releases the sessions of its links and leaves the model's own open", async () => {
    let open = 0;
    const counting: SessionFactory = {
      ...native,
      create: async (...args) => {
        const session = await native.create(...args);
        open++;
        return { ...session, release: async () => void (open--, await session.release()) };
      },
    };
    const model = await openTiny(0, counting);
    const before = open;
    const other = await model.withLinks([purifier(), mapper()]);
    expect(open).toBe(before + 2);
    await other.lossGradient(image, questionTo(other));
    await other.relevance(image, questionTo(other));
    await other.release();
    expect(open).toBe(before);
    await expect(
      model.withLinks([purifier(), asLink("mapper", "after", purifierGraph(SIZE), { sigma: 1 })]),
    ).rejects.toThrow();
    expect(open).toBe(before);
    await model.embed([image]);
    // Asked again, closed graphs open again; they go with the model.
    const [embedding] = await other.embed([image]);
    expect(embedding).toEqual((await linked.embed([image]))[0]);
    expect(open).toBe(before + 2);
    await model.release();
    expect(open).toBe(0);
  });

  it("opens nothing for another noise level, and keeps the last three sets of graphs", async () => {
    let made = 0;
    let open = 0;
    const counting: SessionFactory = {
      ...native,
      create: async (graph, options) => {
        const session = await native.create(graph, options);
        // Probes are asked without the runtime's full optimisation.
        if (options?.optimization !== undefined) return session;
        made++;
        open++;
        return { ...session, release: async () => void (open--, await session.release()) };
      },
    };
    const model = await openTiny(undefined, counting);
    const request = questionTo(model);
    const low = await model.withLinks([purifier(0.1)]);
    const high = await model.withLinks([purifier(0.9)]);
    const gradients = [];
    for (const each of [low, high, low]) {
      gradients.push((await each.lossGradient(image, request)).gradient);
    }
    // The model's two, the purifier's, and one for its gradient.
    expect(made).toBe(4);
    expect(apart(gradients[0]!, gradients[1]!)).toBeGreaterThan(1e-3);
    expect(gradients[0]).toEqual(gradients[2]);
    for (const links of [[mapper()], [purifier(), mapper()], [mapper(), mapper()]]) {
      await model.withLinks(links);
    }
    expect([made, open]).toEqual([9, 7]);
    expect((await low.lossGradient(image, request)).gradient).toEqual(gradients[0]);
    expect(made).toBe(11);
    await model.release();
    expect(open).toBe(0);
  });

  it.each([
    [
      "a picture of another size",
      asLink("purifier", "before", purifierGraph(32), { sigma: 1 }),
      'The purifier does not fit this model: its input "image" [b, 1, 32, 32] is neither image [1, 1, 64, 64] nor one of the numbers it is given (sigma).',
    ],
    [
      "no noise level",
      asLink("purifier", "before", purifierGraph(SIZE), {}),
      'its input "sigma" [s] is neither image [1, 1, 64, 64] nor one of the numbers it is given (none).',
    ],
    [
      "a number it does not take",
      asLink("purifier", "before", purifierGraph(SIZE), { sigma: 1, tau: 2 }),
      'it has no input "tau"',
    ],
    [
      "a mapper in a purifier's place",
      asLink("mapper", "before", mapperGraph(TOKENS, WIDTH), { sigma: 1 }),
      'its input "tokens" [b, 64, 16] is neither image [1, 1, 64, 64] nor',
    ],
    [
      "a mapper of another width",
      asLink("mapper", "after", mapperGraph(TOKENS, 12), { sigma: 1 }),
      'its input "tokens" [b, 64, 12] is neither tokens [1, 64, 16] or embedding [1, 16] nor',
    ],
  ])("refuses %s", async (_, link, sentence) => {
    await expect(bare.withLinks([link])).rejects.toThrow(sentence);
  });
});

/** The same kernels for joined and linked graphs: the runtime's optimiser fuses them differently. */
const asWritten: SessionFactory = {
  ...native,
  create: (graph, options) => native.create(graph, { ...options, optimization: "disabled" }),
};

it.each([
  ["as they are written", asWritten, 1e-6],
  ["as the runtime optimises them", native, 5e-6],
])(
  "gives the bundled model the same gradient and relevance in two graphs as in one, %s",
  async (_, sessions, most) => {
    const joined = await openBundledModel("base", "int8", sessions);
    const linked = await openBundledModel("base", "int8", sessions, { mergedBytes: 0 });
    const film = picture(9, joined.manifest.input.size);
    const request = questionTo(joined);
    const one = await joined.lossGradient(film, request);
    const two = await linked.lossGradient(film, request);
    expect(two.loss).toBeCloseTo(one.loss, 5);
    expect(apart(two.gradient, one.gradient)).toBeLessThan(most);
    const [a, b] = [await linked.relevance(film, request), await joined.relevance(film, request)];
    expect(apart(a, b)).toBeLessThan(10 * most);
    await joined.release();
    await linked.release();
  },
);
