/** How each state of the page is reached from the opening bench: what `npm run screens` takes pictures of. */
import type { Page } from "playwright";
import { chestDicom, wideDicom } from "../e2e/chestFiles.ts";

/** One thing a user does. */
type Step = (page: Page) => Promise<unknown>;

const SOON = { timeout: 60_000 };
const LATER = { timeout: 300_000 };

const press =
  (name: string | RegExp): Step =>
  (page) =>
    page.getByRole("button", { name, exact: true }).click();

/** Does a command of the palette by a part of its name. */
const command =
  (words: string): Step =>
  async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Command" }).fill(words);
    await page.keyboard.press("Enter");
  };

const both =
  (...steps: readonly Step[]): Step =>
  async (page) => {
    for (const step of steps) await step(page);
  };

const tab = (name: string): Step =>
  both(press("Lessons"), (page) => page.getByRole("radio", { name }).click());

const see =
  (testId: string): Step =>
  (page) =>
    page.getByTestId(testId).first().waitFor(LATER);

const open =
  (...files: readonly Uint8Array[]): Step =>
  (page) =>
    page.getByLabel("Open a radiograph", { exact: true }).setInputFiles(
      files.map((bytes, k) => ({
        name: `film-${k + 1}.dcm`,
        mimeType: "application/dicom",
        buffer: Buffer.from(bytes),
      })),
    );

/** Ready is what an opened page must show before anything is done on it. */
export const ready = see("flip-badge");

export const STATES: Readonly<Record<string, Step>> = {
  bench: see("certificate-plot"),
  one: command("layout: one viewer"),
  two: command("layout: clean and disturbed"),
  film: both(command("layout: the whole film"), see("film-canvas")),
  paint: command("brush"),
  question: (page) => page.getByRole("combobox", { name: "Question" }).click(),
  four: command("layout: four"),
  models: both(
    (page) => page.getByRole("combobox", { name: "Model" }).selectOption("llava-mini"),
    (page) => page.getByTestId("folder-memory").waitFor(SOON),
  ),
  archive: command("open from an archive"),
  more: press(/^More: sessions/),
  palette: (page) => page.keyboard.press("Control+k"),
  keys: (page) => page.keyboard.press("?"),
  share: press("Share"),
  sessions: command("sessions"),
  export: both(command("export: figure"), (page) =>
    page.getByAltText("The figure as it will be saved").waitFor(LATER),
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
    (page) => page.getByText("Preparing this pair").waitFor({ ...LATER, state: "hidden" }),
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
  own: both(open(chestDicom()), see("population")),
  asked: both(
    open(chestDicom()),
    press("Show the answer all the same"),
    see("population"),
    see("answer-clean"),
  ),
  worklist: both(open(chestDicom(), wideDicom()), (page) =>
    page.getByRole("list", { name: "Worklist" }).waitFor(SOON),
  ),
  defense: both(
    press("Add a defense"),
    (page) => page.getByRole("menuitem", { name: "Gaussian filter" }).click(),
    see("undefended"),
  ),
  replayed: both(
    press("Share"),
    (page) => page.getByText("and the numbers on screen").waitFor(LATER),
    async (page) => {
      const link = await page.getByLabel("Link to this experiment").inputValue();
      await page.goto("about:blank");
      await page.goto(link);
      await page.getByText(/^Reproduced/).waitFor(LATER);
    },
  ),
  spanish: both(
    press(/^More: sessions/),
    (page) => page.getByRole("menuitem", { name: "Español" }).click(),
    (page) => page.getByText("Preguntar", { exact: true }).waitFor(LATER),
    ready,
  ),
};
