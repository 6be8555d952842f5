// The main job in a browser that Playwright can't drive here: the opening case, a film, a link. All that is asked of the browser is
// to open an address and to run a line of JavaScript.
import { chestJpeg2000 } from "../e2e/chestFiles.ts";

const PATIENCE_MS = 180_000;

/**
 * Prints what was seen.
 * @param {{ go(url: string): Promise<void>, value(expression: string): Promise<any> }} browser
 * @param {string} url of the served page
 * @throws Error with what did not happen
 */
export async function mainJob({ go, value }, url) {
  await go(url);
  const isolated = await value("crossOriginIsolated");
  console.log(`Cross-origin isolated: ${isolated}, WebGPU: ${await value('"gpu" in navigator')}`);
  const opening = await answered(value);
  console.log(`Opening case: ${opening}`);

  await click(value, "Share");
  await until(() => value('document.body.innerText.includes("and the numbers on screen")'), "link");
  const link = await value(
    'document.querySelector("[aria-label=\\"Link to this experiment\\"]").value',
  );
  await go("about:blank");
  await go(link);
  const replay = () =>
    value('document.body.innerText.match(/(Reproduced|Differs)[^\\n]*/)?.[0] ?? ""');
  const outcome = await until(replay, "outcome of the replay");
  console.log(`Its link in a new page: ${outcome}`);
  if (!outcome.startsWith("Reproduced")) throw new Error("The link does not reproduce.");

  // Its decoder comes late, into a worker that runs already.
  await value(giving("film.dcm", await chestJpeg2000()));
  await click(value, "Show the answer all the same");
  console.log(
    `A JPEG 2000 DICOM file that is no chest, asked all the same: ${await answered(value)}`,
  );
  await click(value, "Film");
  await until(
    () => value(`Boolean(document.querySelector('[data-testid="film-canvas"]'))`),
    "film",
  );
  const alerts = await value(
    `[...document.querySelectorAll("[role=alert]")].map((e) => e.textContent).join(" ")`,
  );
  if (alerts) throw new Error(`The page complains: ${alerts}`);
}

/** The answers and the numbers beside them, once nothing in them is still awaited. */
async function answered(value) {
  const text = (selector) => () => value(`document.querySelector('${selector}')?.innerText ?? ""`);
  const whole = (read) => async () => {
    const said = await read();
    return said.includes("…") ? "" : said;
  };
  const clean = await until(whole(text('[data-testid="answer-clean"]')), "answer");
  const numbers = await until(whole(text('[aria-label="How far it moved"] dl')), "numbers");
  return `${clean}; ${numbers.replaceAll(/\s+/g, " ").trim()}`;
}

async function click(value, name) {
  const found = `[...document.querySelectorAll("button, [role=radio], label")].find((e) => e.textContent.trim() === ${JSON.stringify(name)})`;
  await until(() => value(`Boolean(${found})`), `"${name}"`);
  await value(`${found}.click()`);
}

/** Gives the page a file as its own input would. */
function giving(name, bytes) {
  const data = JSON.stringify(Buffer.from(bytes).toString("base64"));
  return `(() => {
    const input = document.querySelector('input[type=file][aria-label="Open a radiograph"]');
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(${data}), (c) => c.charCodeAt(0))], "${name}"));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  })()`;
}

/** The first value that is not empty. */
async function until(read, what) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const said = await read();
    if (said) return said;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`In ${PATIENCE_MS / 1000} s the page did not show this: ${what}.`);
}
