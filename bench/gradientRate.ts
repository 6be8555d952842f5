/** `node bench/gradientRate.ts THREADS`: gradient passes a second of the base model in one process, printed. */
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { openBenchModel } from "./model.ts";

const SECONDS = 5;

const { model, image, request } = await openBenchModel(nodeSessions(Number(process.argv[2])));
await model.lossGradient(image, request);
const started = performance.now();
let passes = 0;
for (; performance.now() - started < 1000 * SECONDS; passes++) {
  await model.lossGradient(image, request);
}
console.log((1000 * passes) / (performance.now() - started));
process.exit(0);
