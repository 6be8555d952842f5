import { defineConfig } from "@playwright/test";

const CHROMIUM = process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium";

/** Journeys that count frames or compare speeds. */
const WATCH_THE_CLOCK = ["**/latency.spec.ts", "**/drag.spec.ts", "**/webgpu.spec.ts"];

/**
 * Two journeys at a time: each waits for much, and drives a model on one thread and one more for its certificate. Those
 * that watch the clock run one after another, by a command of their own (`npm test` runs both).
 */
export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "../test-results/journeys",
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: "side-by-side", testIgnore: WATCH_THE_CLOCK },
    { name: "alone", testMatch: WATCH_THE_CLOCK, workers: 1 },
  ],
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox"] },
  },
});
