/** The page in Spanish: chosen in the menu, kept, and nothing of the work lost on the way. */
import { openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("a reader takes the page to Spanish and back, and the experiment comes along", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await setSlider(slider(page, /PGD.*Epsilon/), 1.5);
  await settle(page);
  await page.getByRole("button", { name: /^More/ }).click();
  await page.getByRole("menuitem", { name: "Español" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expect(page.getByRole("region", { name: "Respuesta" })).toBeVisible();
  await expect(page.getByText("Solo investigación y docencia.")).toBeVisible();
  await expect(page.getByTestId("answer-clean")).toHaveText("sí", { timeout: 60_000 });
  // The model reads English: what it is asked stays as it is.
  await expect(page.getByRole("combobox", { name: "Pregunta" })).toHaveValue(
    "Is there a pleural effusion?",
  );
  // What points at a part of the page finds it, whatever that is called.
  await page.getByRole("button", { name: "Ir a la pregunta" }).press("Enter");
  await expect(page.getByRole("combobox", { name: "Pregunta" })).toBeFocused();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Guía", exact: true }).click();
  await page.getByRole("dialog").getByRole("button").last().click();
  await expect(page.getByTestId("guide-ring")).toBeVisible();
  await page.keyboard.press("Escape");
  const epsilon = slider(page, /PGD.*Épsilon/);
  await expect(epsilon).toHaveValue("1.5");
  await expect(epsilon).toHaveAttribute("aria-valuetext", "1.50 de 255 niveles de gris");

  await page.getByRole("button", { name: "Lecciones" }).click();
  await page.getByRole("button", { name: /^Las defensas, y el atacante/ }).click();
  const lesson = page.getByRole("region", { name: /^Lección: Las defensas/ });
  await expect(lesson).toContainText("PGD cambió la respuesta de sí a no.", { timeout: 60_000 });
  await lesson.getByRole("button", { name: "Sí", exact: true }).click();
  await expect(lesson).toContainText("Active el filtro gaussiano.");
  await lesson.getByRole("button", { name: /^Salir de la lección/ }).click();

  await page.getByRole("button", { name: /^Más:/ }).click();
  await page.getByRole("menuitem", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("1.5");
});
