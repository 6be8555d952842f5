// Retakes docs/screenshot.png from the built page: node scripts/screenshot.mjs
import path from "node:path";
import { chromium } from "playwright";
import { parseOptions, readOptions } from "./options.mjs";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt } from "./toolchain.mjs";

readOptions("Usage: node scripts/screenshot.mjs\n\nRetakes docs/screenshot.png.", (args) =>
  parseOptions(args, {}),
);
ensureBuilt();
const site = await serve({ root: path.join(ROOT, "dist"), port: 4700 });
const browser = await chromium.launch({
  executablePath: process.env.PENUMBRA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
  });
  await page.goto(site.url);
  await page.getByTestId("certificate-plot").waitFor({ timeout: 120_000 });
  // Enough noise samples for a curve worth looking at.
  await page.waitForTimeout(8_000);
  await page.screenshot({ path: path.join(ROOT, "docs/screenshot.png") });
} finally {
  await browser.close();
  await site.close();
}
console.log("Wrote docs/screenshot.png");
