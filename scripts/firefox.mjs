// The main job of the built page in the Firefox that is named. Playwright drives a Firefox of its own making only; a reader's is
// asked over WebDriver BiDi, which it speaks itself.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { mainJob } from "./mainJob.mjs";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt } from "./toolchain.mjs";

const FIREFOX = process.env.PENUMBRA_FIREFOX ?? "firefox";

ensureBuilt();
const site = await serve({ root: path.join(ROOT, "dist"), port: 4399 });
const profile = mkdtempSync(path.join(os.tmpdir(), "penumbra-firefox-"));
const browser = spawn(
  FIREFOX,
  ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile],
  { stdio: ["ignore", "ignore", "pipe"] },
);
try {
  const ask = await connect(await addressOf(browser));
  const { capabilities } = await ask("session.new", { capabilities: {} });
  const { context } = await ask("browsingContext.create", { type: "tab" });
  console.log(`${capabilities.browserName} ${capabilities.browserVersion}`);
  await mainJob(
    {
      go: (url) => ask("browsingContext.navigate", { context, url, wait: "complete" }),
      value: async (expression) => {
        const asked = { expression, target: { context }, awaitPromise: true };
        const { result, exceptionDetails } = await ask("script.evaluate", asked);
        if (exceptionDetails) throw new Error(exceptionDetails.text);
        return result.value;
      },
    },
    site.url,
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  browser.kill();
  await new Promise((resolve) =>
    browser.exitCode === null ? browser.on("exit", resolve) : resolve(),
  );
  rmSync(profile, { recursive: true, force: true });
  await site.close();
}

/** Where it listens; it says so once. */
function addressOf(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("error", () =>
      reject(new Error(`${FIREFOX} can't be started: name a Firefox in PENUMBRA_FIREFOX.`)),
    );
    child.on("exit", () => reject(new Error(`Firefox ended before it could be asked: ${said}`)));
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
      const found = /WebDriver BiDi listening on (\S+)/.exec(said);
      if (found) resolve(`${found[1]}/session`);
    });
  });
}

/** A function that sends one command and resolves with its result. */
async function connect(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("Firefox takes no WebDriver BiDi session."));
  });
  const waiting = new Map();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    const asked = waiting.get(message.id);
    if (!asked) return;
    waiting.delete(message.id);
    if (message.type === "error") asked.reject(new Error(message.message));
    else asked.resolve(message.result);
  };
  return (method, params) =>
    new Promise((resolve, reject) => {
      last++;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}
