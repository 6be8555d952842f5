/** Gradients of random graphs against central differences: how many are right, refused, or wrong. */
import { judgeAll } from "../src/testing/graphFuzz/judge.ts";
import type { FuzzCounts } from "../src/testing/graphFuzz/judge.ts";

const GRAPHS = 4000;
/** Beyond the seeds of the unit suite. */
const FIRST_SEED = 1000;

export interface FuzzMeasurement extends FuzzCounts {
  readonly graphs: number;
}

export async function measureGradientsFuzz(): Promise<FuzzMeasurement> {
  return { graphs: GRAPHS, ...(await judgeAll(FIRST_SEED, GRAPHS)) };
}
