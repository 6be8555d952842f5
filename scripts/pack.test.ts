/** The class pack: unpacked on another machine, its own `npm start` serves a room, compressed, with nothing installed. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packClass } from "./pack.mjs";

const PAGE = "<!doctype html><title>Penumbra</title>" + "<p>film</p>".repeat(400);
const WEIGHTS = new Uint8Array(3000).map((_, k) => (k * 37) % 251);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "penumbra-pack-"));
  mkdirSync(path.join(folder, "dist/models/base"), { recursive: true });
  writeFileSync(path.join(folder, "dist/index.html"), PAGE);
  writeFileSync(path.join(folder, "dist/.build-stamp"), "ours alone");
  writeFileSync(path.join(folder, "dist/models/base/vision.onnx"), WEIGHTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The address that a server prints for this machine. */
function started(cwd: string, command: string): Promise<{ url: string; stop: () => void }> {
  const [, ...args] = command.split(" ");
  const server = spawn(process.execPath, [...args, "--port", "4980"], { cwd });
  return new Promise((resolve, reject) => {
    let told = "";
    const hear = (chunk: Buffer) => {
      told += chunk.toString();
      const url = /http:\/\/localhost:\d+\//.exec(told)?.[0];
      if (url) resolve({ url, stop: () => server.kill() });
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.on("exit", () => reject(new Error(told)));
  });
}

test("one zip holds the whole page and what serves it", async () => {
  const out = path.join(folder, "class.zip");
  const { files, bytes } = packClass({ site: path.join(folder, "dist"), out });
  const unpacked = unzipSync(readFileSync(out));
  expect(bytes).toBe(readFileSync(out).length);
  expect(Object.keys(unpacked)).toHaveLength(files);
  expect(Object.keys(unpacked).filter((name) => name.includes("stamp"))).toEqual([]);
  expect(unpacked["penumbra-class/site/models/base/vision.onnx"]).toEqual(WEIGHTS);
  for (const [name, content] of Object.entries(unpacked)) {
    mkdirSync(path.join(folder, "room", path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, "room", name), content);
  }

  const room = path.join(folder, "room/penumbra-class");
  const { scripts } = JSON.parse(readFileSync(path.join(room, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  const server = await started(room, scripts.start);
  try {
    const page = await fetch(server.url, { headers: { "accept-encoding": "gzip" } });
    expect(page.headers.get("content-encoding")).toBe("gzip");
    expect(await page.text()).toBe(PAGE);
    const weights = await fetch(`${server.url}models/base/vision.onnx`);
    expect(new Uint8Array(await weights.arrayBuffer())).toEqual(WEIGHTS);
    expect((await fetch(`${server.url}../package.json`)).status).toBe(404);
  } finally {
    server.stop();
  }
});

test("without a built page nothing is packed", () => {
  mkdirSync(path.join(folder, "empty"));
  expect(() =>
    packClass({ site: path.join(folder, "empty"), out: path.join(folder, "no.zip") }),
  ).toThrow(/There is no built page/);
});
