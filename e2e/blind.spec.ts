/** Blind reading: every door of the bench is opened, and none tells what is hidden until the reader has given their own reading. */
import type { Page } from "@playwright/test";
import { defaultSpec } from "../src/experiment/defaultSpec.ts";
import { encodeShareLink } from "../src/experiment/shareLink/encode.ts";
import { HIDDEN, roomFragment } from "../src/lesson/room.ts";
import { KEYMAP } from "../src/ui/context/keymap.ts";
import { GALLERY } from "../src/ui/controls/gallery.ts";
import { expect, test } from "./fixtures.ts";
import { openTinySite } from "./tinySite.ts";

/** Everything the page says now: text, names, titles, values. */
function said(page: Page): Promise<string> {
  return page.evaluate(() => {
    const names = ["aria-label", "aria-valuetext", "title", "alt", "placeholder"];
    const parts = [document.title, document.body.innerText];
    for (const element of document.querySelectorAll("*")) {
      for (const name of names) parts.push(element.getAttribute(name) ?? "");
      if (element instanceof HTMLTextAreaElement) parts.push(element.value);
      if (element.localName === "text" || element.localName === "td") {
        parts.push(element.textContent ?? "");
      }
    }
    return parts.filter(Boolean).join("\n");
  });
}

/** As Playwright names it. */
function pressed(key: string): string {
  const named = key.replace("ctrl+", "Control+").replace("escape", "Escape");
  return named.replace(/^arrow(.)/, (_, letter: string) => `Arrow${letter.toUpperCase()}`);
}

test("no menu, dialog, command or key tells what is hidden before the own reading", async ({
  page,
}) => {
  // Whose answers they are is of no account here, and a tiny model gives its own at once.
  const site = await openTinySite(4520, false);
  const opening = defaultSpec();
  const spec = {
    ...opening,
    certificate: { ...opening.certificate, enabled: false },
    case: {
      kind: "phantom",
      phantom: { seed: 4711, findings: [{ kind: "effusion", side: "right", amount: 437 }] },
    },
  } as const;
  const link = encodeShareLink({ spec, view: { masks: true } });
  await page.goto(`${site.url}${roomFragment({ locks: [], hidden: HIDDEN }, link)}`);
  const yours = page.getByRole("group", { name: "Your answer" });
  await expect(yours.getByRole("button").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/^Everything on screen took/)).toBeVisible({ timeout: 60_000 });

  const heard: string[] = [await said(page)];
  const hear = async () => {
    await expect(page.getByText("…", { exact: true })).toHaveCount(0);
    heard.push(await said(page));
  };
  const more = page.getByRole("button", { name: /^More: sessions/ });
  await more.click();
  const items = await page.getByRole("menuitem").allInnerTexts();
  // How the page looks and speaks opens nothing.
  const doors = items.filter((name) => !/^(Light|Dark|English|Español|Text|Large)/.test(name));
  expect(doors.length).toBeGreaterThanOrEqual(5);
  await hear();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menuitem")).toHaveCount(0);
  for (const door of doors) {
    await more.click();
    const item = page.getByRole("menuitem", { name: door.split("\n")[0]! });
    await item.click();
    await expect(item).toHaveCount(0);
    await expect(page.getByRole("dialog"), door).toBeVisible();
    await hear();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  const dialog = page.getByRole("dialog");
  const hearDialog = async (name: string) => {
    await expect(dialog.first(), name).toBeVisible();
    await hear();
    await page.keyboard.press("Escape");
    await expect(dialog, name).toHaveCount(0);
  };
  for (const name of ["Studies", "Share", "Lessons", "Guide"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await hearDialog(name);
  }
  for (const [command, { keys }] of Object.entries(KEYMAP)) {
    await page.keyboard.press(pressed(keys[0]));
    if (["help", "cine", "palette"].includes(command)) await hearDialog(command);
    else heard.push(await said(page));
  }
  // The last of them has opened the list of questions.
  await page.keyboard.press("Escape");

  const secrets = [
    "437",
    "Ground truth:",
    "FLIPPED",
    "Answer layer",
    ...GALLERY.map(({ name }) => name),
  ];
  await yours.getByRole("button", { name: "Yes" }).click();
  // What is revealed now was not to be read anywhere before.
  const answer = page.getByRole("region", { name: "Answer", exact: true });
  await expect(answer).toBeVisible();
  const truth = await page.getByTestId("truth").innerText();
  const margins = (await answer.innerText()).match(/[+−]\d+\.\d+/g)!;
  expect(truth).toContain("Ground truth: yes");
  expect(margins.length).toBeGreaterThan(0);
  const lines = heard.flatMap((text) => text.split("\n"));
  for (const secret of [...secrets, truth, ...margins]) {
    expect(
      lines.filter((line) => line.includes(secret)),
      `tells ${secret}`,
    ).toEqual([]);
  }
  await site.close();
});
