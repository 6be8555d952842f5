/** What every journey shares: the built page on a local server of its own, and eyes on what the page does wrong. */
import path from "node:path";
import { test as base } from "@playwright/test";
import { serve } from "../scripts/serve.mjs";

export { expect } from "@playwright/test";

const DIST = path.join(import.meta.dirname, "../dist");

interface Site {
  /** With COOP and COEP, as `npm start` serves it. */
  readonly url: string;
  /** Without: one WASM thread. */
  readonly plainUrl: string;
  /** As `npm start -- --host` serves a room. */
  readonly room: { readonly url: string; readonly port: number };
}

export const test = base.extend<{ problems: string[] }, { site: Site }>({
  site: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const isolated = await serve({ root: DIST, port: 4300 });
      const plain = await serve({ root: DIST, port: 4400, isolation: false });
      const room = await serve({ root: DIST, port: 4600, room: true });
      await use({
        url: isolated.url,
        plainUrl: plain.url,
        room: { url: room.url, port: Number(new URL(room.url).port) },
      });
      await Promise.all([isolated.close(), plain.close(), room.close()]);
    },
    { scope: "worker" },
  ],
  /** Uncaught errors and console errors of the page; a journey that ends with one fails. */
  problems: [
    async ({ page }, use) => {
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(`console: ${message.text()}`);
      });
      await use(problems);
      base.expect(problems).toEqual([]);
    },
    { auto: true },
  ],
});
