import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hubOption } from "./hub.mjs";
import { serve } from "./serve.mjs";

let root: string;
const asked: IncomingMessage[] = [];
const WEIGHTS = Buffer.from("0123456789");
/** A hub whose files lie elsewhere, as published ones do. */
const hub = createServer((request, response) => {
  asked.push(request);
  const url = request.url!;
  if (url.startsWith("/elsewhere")) {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined) return response.end(WEIGHTS);
    response.writeHead(206, { "Content-Range": `bytes ${from}-${to}/10`, "Set-Cookie": "a=1" });
    return response.end(WEIGHTS.subarray(Number(from), Number(to) + 1));
  }
  if (url.includes("/resolve/")) {
    return response.writeHead(302, { Location: "/elsewhere/x" }).end();
  }
  if (url.includes("nobody")) return response.writeHead(401).end("who are you");
  return response.writeHead(200, { "Content-Type": "application/json" }).end("[]");
});
const address = () => `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "penumbra-hub-"));
  writeFileSync(path.join(root, "index.html"), "<title>Penumbra</title>");
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  rmSync(root, { recursive: true });
  hub.close();
});

async function through<T>(visit: (url: string) => Promise<T>, named = address()): Promise<T> {
  const site = await serve({ root, port: 4960, hub: named });
  try {
    return await visit(site.url);
  } finally {
    await site.close();
  }
}

it("names its host, and passes a part of a file on without what the browser would add", () =>
  through(async (url) => {
    expect(await (await fetch(`${url}hub/about.json`)).json()).toEqual({
      host: new URL(address()).host,
    });
    const part = await fetch(`${url}hub/someone/model/resolve/abc/onnx/model_q4.onnx_data`, {
      headers: { Range: "bytes=2-5", Cookie: "session=1", Referer: `${url}secret` },
    });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 2-5/10");
    expect(part.headers.get("set-cookie")).toBeNull();
    expect(part.headers.get("cache-control")).toBe("no-store");
    expect(part.headers.get("content-security-policy")).toContain("connect-src 'self'");
    expect(await part.text()).toBe("2345");
    const { headers } = asked.at(-1)!;
    expect([headers.cookie, headers.referer]).toEqual([undefined, undefined]);
  }));

it("lets nothing else through: no other path, no other method, no climbing, no page of another name", () =>
  through(async (url) => {
    const before = asked.length;
    const status = async (where: string, init: RequestInit = {}) =>
      (await fetch(`${url}hub/${where}`, init)).status;
    expect(await status("api/whoami-v2")).toBe(403);
    expect(await status("someone/model/resolve/abc/..%2f..%2fx")).toBe(403);
    expect(await status("someone/model/resolve/abc/a..b")).toBe(403);
    expect(await status("api/models/someone/model/tree/main?cursor=1")).toBe(403);
    const model = "api/models/someone/model/revision/main";
    expect(await status(model, { method: "POST", body: "pixels" })).toBe(403);
    expect(asked).toHaveLength(before);
    expect(await status(model)).toBe(200);
    expect(await status("api/models/nobody/model/revision/main")).toBe(401);
  }));

it("says so where the hub does not answer, and is not there unless it is named", async () => {
  await through(async (url) => {
    const answer = await fetch(`${url}hub/api/models/a/b/tree/main?recursive=true`);
    expect(answer.status).toBe(502);
    expect(await answer.text()).toMatch(/^The hub at 127\.0\.0\.1:1 does not answer/);
  }, "http://127.0.0.1:1");
  const site = await serve({ root, port: 4960 });
  expect((await fetch(`${site.url}hub/about.json`)).status).toBe(404);
  await site.close();
});

it.each([
  ["huggingface.co", "needs a hub's address"],
  ["https://me:secret@huggingface.co", "no name and password"],
])("refuses %s in a sentence", (named, words) => {
  expect(() => hubOption(named, false)).toThrow(words);
});

it("is for this machine alone", () => {
  expect(() => hubOption("https://huggingface.co", true)).toThrow("do not go together");
});
