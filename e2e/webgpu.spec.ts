/** WebGPU on a software adapter: it agrees with the stored reference, or the lab falls back and says why. */
import { chromium } from "@playwright/test";
import { openBench } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("a software adapter either passes the parity self-test or is declined in words", async ({
  site,
}) => {
  test.setTimeout(120_000);
  const browser = await chromium.launch({
    executablePath: process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--enable-features=Vulkan",
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await openBench(page, site.url);
    const hasAdapter = await page.evaluate(async () => {
      const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<unknown> } };
      return Boolean(await gpu?.requestAdapter());
    });
    const chip = page.getByTestId("backend-chip");
    await chip.click();
    const details = page.getByRole("dialog");
    await expect(details).toContainText("Parity self-test");
    await expect(details).toContainText("agrees");
    if ((await chip.innerText()).includes("WASM")) {
      // The sentence names the adapter's fate: too slow, wrong or absent.
      await expect(details).toContainText(hasAdapter ? /WebGPU/ : /adapter|WebGPU/);
    }
  } finally {
    await browser.close();
  }
});
