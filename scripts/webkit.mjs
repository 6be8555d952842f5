// The main job of the built page in WebKitGTK: `apt-get install webkit2gtk-driver xvfb` brings its driver and a small browser.
// It speaks WebDriver, and needs a screen, which may be a pretended one.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import path from "node:path";
import { mainJob } from "./mainJob.mjs";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt } from "./toolchain.mjs";

const DRIVER_PORT = 4397;
const BROWSER = process.env.PENUMBRA_WEBKIT ?? globSync("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")[0];

ensureBuilt();
const site = await serve({ root: path.join(ROOT, "dist"), port: 4398 });
const driver = spawn("xvfb-run", ["--auto-servernum", "WebKitWebDriver", `--port=${DRIVER_PORT}`], {
  stdio: "ignore",
  detached: true,
});
const isStarted = new Promise((resolve, reject) => {
  driver.on("spawn", resolve);
  driver.on("error", () => reject(new Error("xvfb-run can't be started: install xvfb.")));
});
try {
  if (!BROWSER) throw new Error("No WebKitGTK found: name its MiniBrowser in PENUMBRA_WEBKIT.");
  await isStarted;
  await listening();
  const browserOptions = { binary: BROWSER, args: ["--automation"] };
  const { sessionId, capabilities } = await ask("POST", "/session", {
    capabilities: { alwaysMatch: { "webkitgtk:browserOptions": browserOptions } },
  });
  console.log(`WebKitGTK ${capabilities.browserVersion}`);
  const session = `/session/${sessionId}`;
  await ask("POST", `${session}/window/rect`, { width: 1440, height: 900 });
  await mainJob(
    {
      go: (url) => ask("POST", `${session}/url`, { url }),
      value: (expression) =>
        ask("POST", `${session}/execute/sync`, { script: `return ${expression}`, args: [] }),
    },
    site.url,
  );
  await ask("DELETE", session);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (driver.pid) process.kill(-driver.pid);
  await site.close();
}

async function ask(method, where, body) {
  const response = await fetch(`http://127.0.0.1:${DRIVER_PORT}${where}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { value } = await response.json();
  if (value?.error) throw new Error(`WebKit: ${value.message || value.error}`);
  return value;
}

/** Until the driver answers. */
async function listening() {
  for (let tries = 0; tries < 60; tries++) {
    const isUp = await ask("GET", "/status").then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("WebKitWebDriver does not answer: install webkit2gtk-driver.");
}
