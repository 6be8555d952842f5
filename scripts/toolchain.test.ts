/** What runs beside something else: what it said and how it ended, and that it leaves the machine to the other. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { runBeside, runMeanwhile, runModestly } from "./toolchain.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "penumbra-beside-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = path.join(folder, "said.log");

test("its words and its status are kept, and a command that is not there says so", async () => {
  const code = "console.log('one'); console.error('two'); process.exit(3)";
  expect(await runBeside("node", ["-e", code], log)).toEqual({ status: 3, output: "one\ntwo\n" });
  const { status, output } = await runBeside("no-such-command", [], log);
  expect(status).not.toBe(0);
  expect(output).toContain("no-such-command");
});

test("what runs meanwhile gives its status", async () => {
  expect(await runMeanwhile("node", ["-e", "process.exit(4)"])).toBe(4);
});

/** Of the session that a process is in; empty where Linux shares the time out otherwise. */
const GROUP = "/proc/self/autogroup";
const ownGroup = existsSync(GROUP) ? readFileSync(GROUP, "utf8").trim() : "";

test("a modest one, and what it starts, wants the machine last", async () => {
  const inner = `console.log(require("os").getPriority())`;
  const group = `try { console.log(require("fs").readFileSync("/proc/self/autogroup", "utf8").trim()) } catch {}`;
  const code = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(inner + ";" + group)}], { stdio: "inherit" })`;
  const { output } = await runModestly("node", ["-e", code], log).ended;
  const [nice, session] = output.trim().split("\n");
  expect(Number(nice)).toBeGreaterThanOrEqual(10);
  if (ownGroup !== "") {
    expect(session).toMatch(/nice 10$/);
    // Its own session: the one that starts it is not slowed down with it.
    expect(session).not.toBe(ownGroup);
  }
});

test.runIf(ownGroup !== "")("one that claims its share has it", async () => {
  const code = `process.stdout.write(require("fs").readFileSync("${GROUP}", "utf8"))`;
  const modest = runModestly("node", ["-e", code], log);
  modest.claim();
  expect((await modest.ended).output.trim()).toMatch(/nice 0$/);
});
