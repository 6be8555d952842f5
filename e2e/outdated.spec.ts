/** A page left open over a deploy: files that it fetches later are gone from the server. */
import { chestDicom } from "./chestFiles.ts";
import { openBench, openFile, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test.use({ serviceWorkers: "block" });

/** The browser itself reports a missing file on its console, and React the error it has caught. */
const EXPECTED =
  /404|dynamically imported|SharePanel|could not be loaded|wasm|CompileError|ArrayBuffer instantiation/;
function forgiveMissing(problems: string[]): void {
  const others = problems.filter((problem) => !EXPECTED.test(problem));
  problems.splice(0, problems.length, ...others);
}

test("a missing panel leaves the page, says why, and a reload keeps the work", async ({
  page,
  site,
  problems,
}) => {
  await page.route(/SharePanel-.*\.js/, (route) => route.fulfill({ status: 404, body: "" }));
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Epsilon/), 3.5);
  await settle(page);
  await page.getByRole("button", { name: "Share" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("was updated on its server, or the connection is gone");
  await expect(page.getByTestId("answer-clean")).toBeVisible();
  forgiveMissing(problems);

  await page.unroute(/SharePanel-.*\.js/);
  await alert.getByRole("button", { name: "Reload and keep the work" }).click();
  await page.waitForLoadState();
  await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("3.5");
  await settle(page);
  await expect(page.getByText("Reproduced.")).toBeVisible();
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByLabel("Link to this experiment")).toHaveValue(/#p1\./);
});

for (const [what, files, act] of [
  ["the reader of files", /decode\.worker-.*\.js/, "open"],
  ["the engine", /\/work-.*\.js/, "start"],
  ["the engine's runtime", /ort\.(wasm|webgpu)\..*\.js/, "start"],
  ["the runtime's glue", /ort-wasm.*\.mjs/, "start"],
  ["the runtime's code", /ort-wasm.*\.wasm/, "start"],
] as const) {
  test(`${what} missing is said in a sentence with a way to reload`, async ({
    page,
    site,
    problems,
  }) => {
    if (act === "open") await openBench(page, site.url);
    await page.route(files, (route) => route.fulfill({ status: 404, body: "" }));
    if (act === "start") await page.goto(site.url);
    else await openFile(page, "study.dcm", chestDicom());
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("A part of this page could not be loaded");
    await expect(alert.getByRole("button", { name: "Reload and keep the work" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Share" })).toBeVisible();
    forgiveMissing(problems);
  });
}

test("a page whose own code is missing says so instead of nothing", async ({
  page,
  site,
  problems,
}) => {
  await page.route(/mount-.*\.js/, (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(site.url);
  await expect(page.getByRole("alert")).toContainText("could not be loaded");
  forgiveMissing(problems);
});

// What is never found is put, and what is never put is never found: one of each pair at a time.
for (const broken of [
  ["match", "keys"],
  ["put", "delete"],
] as const) {
  test(`a cache whose ${broken.join(" and ")} reject costs nothing but the cache`, async ({
    page,
    site,
  }) => {
    const patch = broken
      .map(
        (operation) =>
          `Cache.prototype.${operation} = () => Promise.reject(new DOMException("Internal error", "UnknownError"));`,
      )
      .join("\n");
    await page.route(/assets\/(worker|decode\.worker)-.*\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${patch}\n${await response.text()}` });
    });
    await page.addInitScript(patch);
    await openBench(page, site.url);
    await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
    await expect(page.getByRole("alert")).toHaveCount(0);
  });
}
