/**
 * Forward passes and input gradients of one model by several libraries, in one page. Each call measures one of them on
 * its own; all run on one thread of WASM. Loss: the sum of feature * cotangent, in all of them.
 */
import * as ort from "onnxruntime-web/wasm";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import glueUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import * as jax from "@jax-js/jax";
import { ONNXModel } from "@jax-js/onnx";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import tfWasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import tfSimd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import tfThreaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import { transformer } from "./transformer.js";

const wave = (count, f) => Float32Array.from({ length: count }, (_, i) => f(i));
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** Medians in milliseconds, turn by turn; small networks run for three seconds, until the browser has compiled them well. */
async function timed(runs, repeats) {
  const times = runs.map(() => []);
  const began = performance.now();
  for (let i = 0; i <= repeats || performance.now() - began < 3000; i++) {
    for (const [k, run] of runs.entries()) {
      const started = performance.now();
      await run();
      if (i > 0) times[k].push(performance.now() - started);
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
}

async function bytesOf(url) {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

const MEASURES = {
  async lab({ forward, gradient, input, width, repeats }) {
    ort.env.wasm.wasmPaths = { wasm: wasmUrl, mjs: glueUrl };
    ort.env.wasm.numThreads = 1;
    const open = async (url) =>
      ort.InferenceSession.create(await bytesOf(url), { executionProviders: ["wasm"] });
    const [plain, backward] = [await open(forward), await open(gradient)];
    const image = new ort.Tensor("float32", wave(product(input), Math.sin), input);
    const cotangent = new ort.Tensor("float32", wave(width, Math.cos), [1, width]);
    const feeds = { image, cotangent_feature: cotangent };
    const [forwardMs, gradientMs] = await timed(
      [() => plain.run({ image }), () => backward.run(feeds)],
      repeats,
    );
    const { grad_image } = await backward.run(feeds);
    return { forwardMs, gradientMs, gradient: Array.from(grad_image.data.slice(0, 64)) };
  },

  async jax({ forward, input, width, repeats }) {
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    const { numpy: np, jit, grad } = jax;
    const model = new ONNXModel(await bytesOf(forward));
    const image = np.array(wave(product(input), Math.sin)).reshape([...input]);
    const cotangent = np.array(wave(width, Math.cos)).reshape([1, width]);
    const run = jit((x) => model.run({ image: x }).feature);
    const backward = jit(
      grad((x) => np.sum(np.multiply(model.run({ image: x }).feature, cotangent.ref))),
    );
    const [forwardMs] = await timed([async () => run(image.ref).data()], repeats);
    // Told before the gradient is tried: it may not come back.
    console.info(`partial ${JSON.stringify({ forwardMs })}`);
    const [gradientMs] = await timed([async () => (await backward(image.ref)).data()], repeats);
    const values = await (await backward(image.ref)).data();
    return { forwardMs, gradientMs, gradient: Array.from(values.slice(0, 64)) };
  },

  async tfjs({ shape, input, width, repeats }) {
    if (!shape)
      throw new Error("tfjs reads no ONNX, and this network was not written by hand for it");
    setWasmPaths({
      "tfjs-backend-wasm.wasm": tfWasm,
      "tfjs-backend-wasm-simd.wasm": tfSimd,
      "tfjs-backend-wasm-threaded-simd.wasm": tfThreaded,
    });
    // The threaded build waits for its workers for good in a built page; one thread is what is compared.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    setThreadsCount(1);
    await tf.setBackend("wasm");
    await tf.ready();
    const network = transformer(tf, shape);
    const image = tf.tensor(wave(product(input), Math.sin), input);
    const cotangent = tf.tensor(wave(width, Math.cos), [1, width]);
    const backward = tf.grad((x) => network(x).mul(cotangent).sum());
    const read = async (f) => {
      const out = tf.tidy(f);
      await out.data();
      out.dispose();
    };
    const [forwardMs, gradientMs] = await timed(
      [() => read(() => network(image)), () => read(() => backward(image))],
      repeats,
    );
    return { forwardMs, gradientMs };
  },
};

globalThis.measure = (library, request) => MEASURES[library](request);
