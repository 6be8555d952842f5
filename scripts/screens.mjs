// Pictures of every state of the built page at three sizes in both themes, to be looked at: npm run screens [-- --only film,export]
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright";
import { findChromium } from "./browser.mjs";
import { parseOptions, readOptions } from "./options.mjs";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt } from "./toolchain.mjs";

const USAGE = `Usage: npm run screens [-- --only NAME,... --site URL]

Writes docs/screens/STATE.SIZE.THEME.png for every state of the page, or for those that are named; of the built page, or of one
that is served already.`;

const SIZES = { wide: [1440, 900], projector: [1280, 720], phone: [390, 844] };
const THEMES = ["dark", "light"];
const OUT = path.join(ROOT, "docs/screens");

const press = (name) => (page) => page.getByRole("button", { name, exact: true }).click();

/** Does a command of the palette by a part of its name. */
const command = (words) => async (page) => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill(words);
  await page.keyboard.press("Enter");
};
const tab = (name) => async (page) => {
  await press("Lessons")(page);
  await page.getByRole("radio", { name }).click();
};
const both =
  (...steps) =>
  async (page) => {
    for (const step of steps) await step(page);
  };
const see =
  (testId, timeout = 120_000) =>
  (page) =>
    page.getByTestId(testId).first().waitFor({ timeout });

/** How each state is reached from the opening bench. */
const STATES = {
  bench: see("certificate-plot"),
  one: command("layout: one viewer"),
  two: command("layout: clean and disturbed"),
  film: both(command("layout: the whole film"), see("film-canvas")),
  paint: command("brush"),
  question: (page) => page.getByRole("combobox", { name: "Question" }).click(),
  four: command("layout: four"),
  models: both(
    (page) => page.getByRole("combobox", { name: "Model" }).selectOption("llava-mini"),
    (page) => page.getByTestId("folder-memory").waitFor({ timeout: 60_000 }),
  ),
  archive: command("open from an archive"),
  more: (page) => page.getByRole("button", { name: /^More: sessions/ }).click(),
  palette: (page) => page.keyboard.press("Control+k"),
  keys: (page) => page.keyboard.press("?"),
  share: press("Share"),
  sessions: command("sessions"),
  export: both(command("export: figure"), (page) =>
    page.getByAltText("The figure as it will be saved").waitFor({ timeout: 60_000 }),
  ),
  compare: both(command("compare two"), press("Ask the second system"), see("comparison")),
  cine: both(command("replay the attack"), see("cine-read")),
  studies: press("Studies"),
  lessons: press("Lessons"),
  blind: tab("Blind"),
  room: tab("Lead a room"),
  collect: tab("Collect answers"),
  lesson: both(press("Lessons"), (page) =>
    page.getByRole("button", { name: /^Defenses, and/ }).click(),
  ),
  reading: both(tab("Blind"), (page) =>
    page.getByRole("button", { name: /^Blind reading/ }).click(),
  ),
  quiz: both(
    tab("Blind"),
    (page) => page.getByRole("button", { name: /^Blind quiz/ }).click(),
    (page) => page.getByText("Preparing this pair").waitFor({ state: "hidden", timeout: 120_000 }),
  ),
  projector: (page) => page.keyboard.press("j"),
  guide: press("Guide"),
  measurements: both(command("measure: all findings"), see("found-allFindings"), (page) =>
    page.getByTestId("found-allFindings").scrollIntoViewIfNeeded(),
  ),
  misled: both(command("measure: when would it have misled"), see("found-whatMisleads"), (page) =>
    page.getByTestId("found-whatMisleads").getByRole("button", { name: "Enlarge" }).click(),
  ),
  refused: (page) =>
    page
      .getByLabel("Open a radiograph", { exact: true })
      .setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("no film") }),
};

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
    await page.getByTestId("flip-badge").first().waitFor({ timeout: 120_000 });
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
