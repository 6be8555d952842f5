// Pictures of every state of the built page at three sizes in both themes, to be looked at: npm run screens [-- --only film,export]
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright";
import { findChromium } from "./browser.mjs";
import { STATES, ready } from "./screenStates.ts";
import { parseOptions, readOptions } from "./options.mjs";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt } from "./toolchain.mjs";

const USAGE = `Usage: npm run screens [-- --only NAME,... --site URL]

Writes docs/screens/STATE.SIZE.THEME.png for every state of the page, or for those that are named; of the built page, or of one
that is served already.`;

const SIZES = { wide: [1440, 900], projector: [1280, 720], phone: [390, 844] };
const THEMES = ["dark", "light"];
const OUT = path.join(ROOT, "docs/screens");

const { only = Object.keys(STATES).join(","), site: address } = readOptions(USAGE, (args) =>
  parseOptions(args, { only: { type: "string" }, site: { type: "string" } }),
);
const wanted = only.split(",");
for (const name of wanted) {
  if (!Object.hasOwn(STATES, name)) {
    throw new Error(`There is no state "${name}"; there are ${Object.keys(STATES).join(", ")}.`);
  }
}
if (wanted.length === Object.keys(STATES).length) rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const site = address ? { url: address, close: () => {} } : await served();
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
let failed = 0;
for (const name of wanted) {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
  });
  try {
    await page.goto(site.url);
    await ready(page);
    await STATES[name](page);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        // Plots are drawn again one after another.
        await page.waitForTimeout(700);
        await page.screenshot({ path: path.join(OUT, `${name}.${size}.${theme}.png`) });
      }
    }
    console.log(name);
  } catch (error) {
    failed += 1;
    console.error(`${name}: ${String(error).split("\n")[0]}`);
  } finally {
    await page.close();
  }
}
await browser.close();
await site.close();
console.log(`${wanted.length - failed} of ${wanted.length} states in docs/screens/`);
process.exitCode = failed > 0 ? 1 : 0;

function served() {
  ensureBuilt();
  return serve({ root: path.join(ROOT, "dist"), port: 4710 });
}
