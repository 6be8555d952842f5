/** A lesson from its first word to its link, over the learner's own work; and what an instructor's link opens. */
import { openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("a lesson is done by the state of the bench, and the own work is back afterwards", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await setSlider(slider(page, /PGD.*Epsilon/), 1.5);
  await page.getByRole("button", { name: "Lessons" }).click();
  await page.getByRole("button", { name: /^Defenses, and the attacker who knows/ }).click();
  const lesson = page.getByRole("region", { name: /^Lesson: Defenses/ });
  await expect(page).toHaveURL(/#lesson=defenses/);
  // Only what the step is about is on screen, and only after the prediction.
  const filter = page.getByRole("switch", { name: "Gaussian filter: on" });
  await expect(filter).toHaveCount(0);
  await expect(slider(page, /PGD.*Epsilon/)).toHaveCount(0);
  // The button that was pressed is gone; the keyboard stays in the lesson.
  await lesson.getByRole("button", { name: "Yes", exact: true }).press("Enter");
  await expect(lesson.locator(":focus")).toHaveCount(1);
  await expect(lesson.getByText("turned the answer from yes to no")).toBeVisible();
  await filter.click({ force: true });
  await expect(lesson.getByText("Behind the filter the model says yes again")).toBeVisible();
  await lesson.getByRole("button", { name: /^Yes, the attack fails/ }).click();
  await expect(lesson.getByText("Not quite.")).toBeVisible();
  await lesson.getByRole("button", { name: /^Only against one who does not know/ }).click();
  await expect(lesson.getByText("Right.")).toBeVisible();

  await lesson.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("PGD: attacker").selectOption("aware");
  await expect(lesson.getByText("Same epsilon, same filter: no.")).toBeVisible();
  // What was said then stays said, whatever the bench shows now.
  await filter.click({ force: true });
  await settle(page);
  await expect(lesson.getByText("Same epsilon, same filter: no.")).toBeVisible();
  await lesson.getByRole("button", { name: /^Whether the attack went through/ }).click();
  await lesson.getByRole("button", { name: "Next" }).click();
  await expect(lesson.getByText("Right at the first try: 1 of 2 questions.")).toBeVisible();
  await expect(lesson.getByLabel(/^Link to the lesson/)).toHaveValue(/#lesson=defenses$/);

  await lesson.getByRole("button", { name: "Back to my work" }).click();
  await expect(lesson).toHaveCount(0);
  await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("1.5");
  await expect(page).not.toHaveURL(/#lesson/);
});

test("an instructor's link opens the lesson with what is locked and hidden", async ({
  page,
  site,
}) => {
  await page.goto(site.url);
  await page.getByRole("button", { name: "Lessons" }).click();
  await page.getByRole("radio", { name: "Lead a room" }).click();
  await page.getByLabel("What the room opens").selectOption("what-it-sees");
  await page.getByLabel("Model", { exact: true }).last().check();
  await page.getByLabel("Ground truth", { exact: true }).check();
  await page.getByLabel("Seed of the room").fill("7");
  const link = await page.getByLabel("Link for the room").inputValue();
  expect(link).toMatch(/#lesson=what-it-sees&lock=model&hide=truth&seed=7$/);
  // The code fills the wall, says where it leads, and its Escape leaves the dialog below open.
  const code = page.getByRole("button", { name: "QR code of the room’s link" });
  await code.press("Enter");
  const wall = page.getByRole("dialog", { name: "QR code of the room’s link" });
  await expect(wall.getByText(link)).toBeVisible();
  await expect(wall.getByText("This address works on this machine only.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(wall).toHaveCount(0);
  await expect(code).toBeFocused();

  const learner = await page.context().newPage();
  await openBench(learner, link);
  await expect(learner.getByRole("region", { name: /^Lesson: What the model sees/ })).toBeVisible();
  await expect(
    learner.getByRole("group", { name: "model, locked by the instructor" }),
  ).toBeVisible();
  await expect(learner.getByTestId("truth")).toHaveCount(0);
});
