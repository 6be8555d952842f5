/** Fifty large films one after the other, what five hundred mixed interactions leave in memory, and what a pan costs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "@playwright/test";
import { WHOLE_FILM_SIDE, rampDicom } from "./rampDicom.ts";
import { median } from "./statistics.ts";

export interface FilmsMeasurements {
  /** Columns and rows of each film. */
  readonly side: number;
  /** Bytes of page and workers, garbage collected. */
  readonly memoryAfterSome: number;
  readonly memoryAfterFilms: number;
  readonly memoryAfterFewInteractions: number;
  readonly memoryAfterInteractions: number;
  /** This thread's work for one move of a pan over a film of that size, in ms; and from one picture on screen to the next. */
  readonly panWorkMs: number;
  readonly panFrameMs: number;
  readonly renderer: string;
}

const FILMS = 50;
/** By then the page keeps as many films as it keeps at all, to go back to. */
const SOME = 10;
const INTERACTIONS = 500;
const FEW = 100;
const PAN_MOVES = 120;

export async function measureFilms(browser: Browser, url: string): Promise<FilmsMeasurements> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.getByTestId("flip-badge").first().waitFor({ timeout: 120_000 });
  await page.getByRole("radio", { name: "The whole film" }).click();
  let memoryAfterSome = NaN;
  // From a disk, as a reader's: what is sent along is text of the page's own for a while, and would be counted.
  const folder = await mkdtemp(path.join(tmpdir(), "penumbra-films-"));
  for (let k = 0; k < FILMS; k++) {
    await open(page, folder, k);
    if (k + 1 === SOME) memoryAfterSome = await memory(page);
  }
  await rm(folder, { recursive: true });
  const memoryAfterFilms = await memory(page);
  const pan = await measurePan(page);
  let memoryAfterFewInteractions = NaN;
  for (let k = 0; k < INTERACTIONS; k++) {
    await interact(page, k);
    if (k + 1 === FEW) memoryAfterFewInteractions = await memory(page);
  }
  const memoryAfterInteractions = await memory(page);
  await page.close();
  return {
    side: WHOLE_FILM_SIDE,
    memoryAfterSome,
    memoryAfterFilms,
    memoryAfterFewInteractions,
    memoryAfterInteractions,
    ...pan,
  };
}

async function open(page: Page, folder: string, index: number): Promise<void> {
  const file = path.join(folder, `film-${index}.dcm`);
  await writeFile(file, rampDicom(index));
  await page.getByLabel("Open a radiograph", { exact: true }).setInputFiles(file);
  // The probe's text and the square belong to the film that is drawn; the answer about it has come as well.
  await page.getByText(`${WHOLE_FILM_SIDE} x ${WHOLE_FILM_SIDE}, 12 bit`).waitFor();
  await page.getByTestId("film-canvas").waitFor({ timeout: 60_000 });
  await page.waitForTimeout(500);
}

/** One of: a tool, a window, a layout, a question, a member of the stack, undo; each as a reader's key or click. */
async function interact(page: Page, index: number): Promise<void> {
  const keys = ["2", "3", "i", "i", "a", "a", ".", ",", "+", "-", "t", "t", "Control+z", "1"];
  await page.keyboard.press(keys[index % keys.length]!);
  if (index % 25 === 0) {
    const wording = index % 50 === 0 ? "Is there a nodule?" : "Is there a pleural effusion?";
    const question = page.getByRole("combobox", { name: "Question" });
    await question.fill(wording);
    await question.press("Enter");
    await page.locator("h1").first().click();
  }
  await page.waitForTimeout(30);
}

async function measurePan(
  page: Page,
): Promise<Pick<FilmsMeasurements, "panWorkMs" | "panFrameMs" | "renderer">> {
  const viewer = page.getByRole("application", { name: "Whole film viewer" });
  const { x, y, width, height } = (await viewer.boundingBox())!;
  const middle = { x: x + width / 2, y: y + height / 2 };
  await viewer.focus();
  for (let k = 0; k < 6; k++) await page.keyboard.press("+");
  await page.evaluate(() => {
    const frames: number[] = [];
    const look = (now: number) => {
      frames.push(now);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    (globalThis as unknown as { frames: number[] }).frames = frames;
  });
  const session = await page.context().newCDPSession(page);
  // Of this thread alone: where there is no GPU it waits for the other that draws in its stead.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down({ button: "middle" });
  const [before, from] = [await work(), await page.evaluate(() => performance.now())];
  for (let k = 0; k < PAN_MOVES; k++) {
    await page.mouse.move(middle.x + 150 * Math.sin(k / 9), middle.y + 90 * Math.cos(k / 7));
  }
  const [after, until] = [await work(), await page.evaluate(() => performance.now())];
  await page.mouse.up({ button: "middle" });
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames);
  const during = frames.filter((at) => at >= from && at <= until);
  const renderer =
    (await page.getByTestId("film-canvas").getAttribute("data-renderer")) ?? "unknown";
  return {
    panWorkMs: (after - before) / PAN_MOVES,
    panFrameMs: median(during.slice(1).map((at, k) => at - during[k]!)),
    renderer,
  };
}

/** Least of three: a sample of the certificate may be under way at any of them. */
async function memory(page: Page): Promise<number> {
  const bytes: number[] = [];
  for (let i = 0; i < 3; i++) {
    await page.waitForTimeout(1000);
    bytes.push(
      await page.evaluate(async () => {
        const { measureUserAgentSpecificMemory: measure } = performance as unknown as {
          measureUserAgentSpecificMemory: () => Promise<{ bytes: number }>;
        };
        return (await measure.call(performance)).bytes;
      }),
    );
  }
  return Math.min(...bytes);
}
