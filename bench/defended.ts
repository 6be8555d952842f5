/** What feature smoothing costs: an answer from many copies, and a drag of epsilon behind it in the built page. */
import type { Browser } from "@playwright/test";
import { nodeLab } from "../src/cli/nodeLab.ts";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { wasmSessions } from "../src/cli/wasmSessions.ts";
import { systemOf } from "../src/experiment/systemOf.ts";
import { recognizeQuestion } from "../src/language/recognize.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";
import { settled, ticksToAnswer } from "./page.ts";
import { median, percentile } from "./statistics.ts";

export interface DefendedMeasurements {
  readonly copies: number;
  /** Processor time of one answer of the noise-trained model, one thread. */
  readonly answers: readonly { readonly backend: string; readonly cpuMs: number }[];
  /** From a tick of epsilon to the first changed answer behind it, its settings as they are when it is switched on. */
  readonly previewMedianMs: number;
  readonly previewP95Ms: number;
  readonly ticks: number;
}

export const SMOOTHED_COPIES = 64;
const TIMES = 3;

export async function measureSmoothed(): Promise<DefendedMeasurements["answers"]> {
  const answers: { backend: string; cpuMs: number }[] = [];
  const yieldToHost = async () => {};
  const wordings = [recognizeQuestion("Is there a pleural effusion?")];
  for (const sessions of [nodeSessions(1), wasmSessions()]) {
    const bare = await nodeLab(sessions).system("noise", "int8");
    const params = { sigma: 0.25, copies: SMOOTHED_COPIES };
    const item = { id: "d", defense: "featureSmoothing", enabled: true, seed: 1, params };
    const system = await systemOf(bare, [item], { yieldToHost });
    const times: number[] = [];
    for (let k = 0; k <= TIMES; k++) {
      // A picture of its own: one that was looked at is known.
      const { image } = renderPhantom({ seed: 7_480_000 + k, findings: [] }, bare.size);
      const before = process.cpuUsage();
      await system.read(image, wordings);
      const { user, system: kernel } = process.cpuUsage(before);
      if (k > 0) times.push((user + kernel) / 1000);
    }
    answers.push({ backend: sessions.backend, cpuMs: median(times) });
  }
  return answers;
}

export async function measureDefendedDrag(
  browser: Browser,
  url: string,
): Promise<Omit<DefendedMeasurements, "answers" | "copies">> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page
    .getByTestId("answer-clean")
    .filter({ hasText: /yes|no/ })
    .waitFor();
  await settled(page);
  await page.getByRole("button", { name: "Add a defense" }).click();
  await page.getByRole("menuitem", { name: "Feature smoothing" }).click();
  // The defense's code comes with its first use: until it is there the bare model's numbers still count as current.
  await page
    .locator('section[aria-label="How far it moved"] [data-stale="true"]')
    .waitFor({ timeout: 30_000 });
  await settled(page);
  const times = await ticksToAnswer(page, 30);
  await page.close();
  return {
    previewMedianMs: median(times),
    previewP95Ms: percentile(times, 0.95),
    ticks: times.length,
  };
}
