/** A newcomer opens the page and touches nothing, then one slider. */
import { figure, openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("the page opens on a case that is asked, disturbed and certified", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  const clean = await page.getByTestId("answer-clean").innerText();
  const disturbed = await page.getByTestId("answer-disturbed").innerText();
  expect(["yes", "no"]).toContain(clean);
  // The opening case is chosen so that a newcomer sees the answer flip.
  expect(disturbed).not.toBe(clean);
  await expect(page.getByTestId("flip-badge")).toHaveText("FLIPPED");

  // One picture, one set of numbers: they must fit each other.
  const largest = await figure(page, "Max change");
  const l2 = await figure(page, "l2 distance");
  expect(l2).toBeGreaterThan(0);
  expect(l2).toBeLessThanOrEqual(((largest + 0.05) / 255) * 224);
  expect(await figure(page, "Feature cosine")).toBeLessThan(1);
  await expect(page.getByTestId("certificate-plot")).toBeVisible();
  await expect(page.getByTestId("backend-chip")).toContainText(/WASM|WebGPU/);
  await expect(page.getByText("Not for diagnosis")).toBeVisible();
});

test("switching everything off gives the clean picture back, exactly", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await page.getByRole("switch", { name: /^Quantum noise.*: on$/ }).click({ force: true });
  await page.getByRole("switch", { name: "PGD: on" }).click({ force: true });
  await expect.poll(() => figure(page, "Max change")).toBe(0);
  expect(await figure(page, "Feature cosine")).toBe(1);
  await expect(page.getByTestId("answer-disturbed")).toHaveText(
    await page.getByTestId("answer-clean").innerText(),
  );
  await expect(page.getByTestId("flip-badge")).toHaveText("untouched");
});

test("epsilon 0 is the identity of the attack", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Epsilon/), 0);
  await page.getByRole("switch", { name: /^Quantum noise.*: on$/ }).click({ force: true });
  await expect.poll(() => figure(page, "Max change")).toBe(0);
});
