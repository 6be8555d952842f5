import { defineConfig } from "@playwright/test";

/** Whose browser: chromium, or Playwright's own firefox or webkit, where it is installed. */
const BROWSER = process.env["PENUMBRA_BROWSER"] ?? "chromium";
const CHROMIUM = process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium";

/** Journeys run one after another: two side by side took as long (each computes on every core), and some watch the clock. */
export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "../test-results/journeys",
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
    // On request (PENUMBRA_TRACE=1): it copies the page at every step, a tenth of a journey's processor time. Without moving
    // pictures: filming the page takes more than the page itself (a journey of 96 s took 19).
    trace: process.env["PENUMBRA_TRACE"]
      ? { mode: "retain-on-failure", screenshots: false }
      : "off",
    browserName: BROWSER as "chromium" | "firefox" | "webkit",
    launchOptions:
      BROWSER === "chromium" ? { executablePath: CHROMIUM, args: ["--no-sandbox"] } : {},
  },
});
