/** A LLaVA of random weights, exported as browser models are, against PyTorch (models/golden/vlm_exports.py). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pgd } from "../../attacks/pgd.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { wasmSessions } from "../../cli/wasmSessions.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFiles, vlmVectors } from "../../testing/vlmFolders.ts";
import { choiceOf, scoreChoices } from "./answers.ts";
import { LlavaModel } from "./llavaModel.ts";

interface Vectors {
  readonly question: string;
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly grey: readonly number[];
  readonly logits: readonly number[];
  readonly probabilities: readonly [yes: number, no: number];
  readonly margin: number;
  readonly gradient: readonly number[];
  readonly generated: readonly number[];
  readonly text: string;
}

const golden = await vlmVectors<Vectors>("llava");
const picture = Float32Array.from(golden.grey);

const relative = (actual: ArrayLike<number>, expected: readonly number[]): number =>
  linfNorm(subtract(Float32Array.from(actual), expected)) / linfNorm(expected);

const FORMS = [
  { precision: "fp32", what: "GroupQueryAttention of the generative runtime's builder" },
  { precision: "eager", what: "visible operators of torch.onnx" },
];

for (const { precision, what } of FORMS) {
  for (const [backend, sessions] of [
    ["native", nodeSessions(1)],
    ["wasm", wasmSessions()],
  ] as const) {
    describe(`a LLaVA folder, ${what} (${backend})`, () => {
      let model: LlavaModel;
      let files: Awaited<ReturnType<typeof vlmFiles>>;
      beforeAll(async () => {
        files = await vlmFiles("llava", precision);
        model = await LlavaModel.open(files, sessions);
      });
      afterAll(() => model.release());

      it("lays the question out and answers as PyTorch does", async () => {
        const prompt = model.prompt(golden.question);
        expect(prompt.text).toBe(golden.prompt);
        const image = golden.ids.length - prompt.before.length - prompt.after.length;
        expect([...prompt.before, ...Array<number>(image).fill(3), ...prompt.after]).toEqual(
          golden.ids,
        );
        const logits = await model.nextLogits(picture, prompt);
        expect(relative(logits, golden.logits)).toBeLessThan(1e-5);
        const scored = scoreChoices(
          logits,
          ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer)),
        );
        scored.forEach(({ probability }, i) =>
          expect(probability).toBeCloseTo(golden.probabilities[i]!, 6),
        );
        expect(scored.map(({ spellings }) => spellings)).toEqual([
          ["yes", " yes"],
          ["no", " no"],
        ]);
      });

      it("writes the same tokens greedily, with cached keys and values", async () => {
        const shown: string[] = [];
        const { ids, text, stopped } = await model.generate(
          picture,
          model.prompt(golden.question),
          {
            maxTokens: golden.generated.length,
            onText: (so) => shown.push(so),
          },
        );
        expect(ids).toEqual(golden.generated);
        expect(text).toBe(golden.text);
        expect(shown).toHaveLength(ids.length);
        expect(stopped).toBe("budget");
      });

      it("stops at the decoder's last place, and says of a prompt that is longer", async () => {
        const text = files.config["text_config"] as Readonly<Record<string, unknown>>;
        // Three tokens have room: the last one written is not read again.
        const places = golden.ids.length + 2;
        const within = async <T>(max: number, ask: (model: LlavaModel) => Promise<T>) => {
          const config = {
            ...files.config,
            text_config: { ...text, max_position_embeddings: max },
          };
          const short = await LlavaModel.open({ ...files, config }, sessions);
          try {
            return await ask(short);
          } finally {
            await short.release();
          }
        };
        const write = (from: LlavaModel) =>
          from.generate(picture, from.prompt(golden.question), { maxTokens: 99 });
        const { ids, stopped } = await within(places, write);
        expect(ids).toEqual(golden.generated.slice(0, 3));
        expect(stopped).toBe("budget");
        const asked = golden.ids.length;
        const told = `${asked} tokens, and this model has places for ${asked - 1}`;
        await expect(within(asked - 1, write)).rejects.toThrow(told);
        const answer = (from: LlavaModel) => from.nextLogits(picture, from.prompt(golden.question));
        await expect(within(asked - 1, answer)).rejects.toThrow(told);
      });

      it("has PyTorch's gradient through encoder, projector and decoder, and PGD climbs it", async () => {
        const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
        const oracle = await model.marginOracle(model.prompt(golden.question), yes!, [no!]);
        const { loss, gradient } = await oracle.lossAndGradient(picture);
        expect(loss).toBeCloseTo(golden.margin, 5);
        expect(oracle.surrogateNodes).toEqual([]);
        expect(relative(gradient, golden.gradient)).toBeLessThan(1e-5);
        const epsilon = 8 / 255;
        const run = pgd.run(
          oracle,
          picture,
          {
            norm: "linf",
            epsilon,
            steps: 5,
            stepSize: epsilon / 4,
            restarts: 1,
            seed: 1,
            randomStart: false,
          },
          { signal: { aborted: false }, yieldToHost: () => Promise.resolve() },
        );
        let step = await run.next();
        while (!step.done) step = await run.next();
        expect(step.value.loss).toBeGreaterThan(loss + 0.05);
        expect(step.value.norm).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
        await oracle.release();
      });
    });
  }
}

it("answers in int4 (MatMulNBits), and its gradient is that of the int4 weights", async () => {
  const files = await vlmFiles("llava", "q4");
  const model = await LlavaModel.open(files, nodeSessions(1));
  const prompt = model.prompt(golden.question);
  const logits = await model.nextLogits(picture, prompt);
  // Four bits move the logits, and not by much.
  expect(relative(logits, golden.logits)).toBeGreaterThan(1e-3);
  expect(relative(logits, golden.logits)).toBeLessThan(0.5);
  const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
  const oracle = await model.marginOracle(prompt, yes!, [no!]);
  const { gradient } = await oracle.lossAndGradient(picture);
  const along = gradient.map((g) => g / linfNorm(gradient));
  const h = 2e-3;
  const moved = (sign: number) => picture.map((v, i) => v + sign * h * along[i]!);
  const [up, down] = [await oracle.loss(moved(1)), await oracle.loss(moved(-1))];
  const expected = gradient.reduce((sum, g, i) => sum + g * along[i]!, 0);
  // The builder's int4 rounds activations to 8 bits: the difference quotient has steps, and the gradient says it stands in.
  expect(Math.abs((up - down) / (2 * h) / expected - 1)).toBeLessThan(0.06);
  expect(oracle.surrogateNodes.length).toBeGreaterThan(0);
  expect(oracle.surrogateNodes.every((label) => label.startsWith("MatMulNBits "))).toBe(true);
  await oracle.release();
  await model.release();
});
