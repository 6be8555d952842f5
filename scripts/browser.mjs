// The browser of the journeys: the one that is named, the one that is there, or Debian's, or Playwright's own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { run } from "./toolchain.mjs";

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * Path of a Chromium, installed when there is none.
 * @returns {string}
 * @throws Error with what to do when none can be had
 */
export function findChromium() {
  const named = process.env.PENUMBRA_CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`PENUMBRA_CHROMIUM names ${named}, which does not exist.`);
  }
  const found = usual() ?? fromDistribution() ?? fromPlaywright();
  if (found) return found;
  throw new Error("No Chromium found: install one, or name it in PENUMBRA_CHROMIUM.");
}

function usual() {
  return USUAL_PLACES.find((file) => existsSync(file));
}

function fromDistribution() {
  if (!existsSync("/usr/bin/apt-get")) return undefined;
  console.log("Installing Chromium from the distribution's packages");
  const [command, ...first] =
    process.getuid?.() === 0 ? ["apt-get"] : ["sudo", "--non-interactive", "apt-get"];
  const apt = (...args) =>
    spawnSync(command, [...first, ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  // Lists that are old or of one broken source may still hold the package.
  apt("update");
  return apt("install", "--yes", "--no-install-recommends", "chromium") ? usual() : undefined;
}

function fromPlaywright() {
  console.log("Installing Playwright's Chromium");
  if (run("playwright", ["install", "chromium"]) !== 0) return undefined;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["-e", "console.log(require('playwright').chromium.executablePath())"],
    { encoding: "utf8", cwd: import.meta.dirname },
  );
  const file = stdout.trim();
  return status === 0 && existsSync(file) ? file : undefined;
}
