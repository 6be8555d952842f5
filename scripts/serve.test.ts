import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import path from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { announcement, serve } from "./serve.mjs";

const SCRIPT = "const answer = 'yes';\n".repeat(500);
const WEIGHTS = new Uint8Array(5000).fill(7);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request as it is, without what fetch adds or undoes. */
function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  // The path as written, dots and all.
  const pathname = url.slice(url.indexOf("/", "http://".length));
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: pathname, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "penumbra-serve-"));
  const root = path.join(folder, "dist");
  mkdirSync(path.join(root, "assets"), { recursive: true });
  writeFileSync(path.join(folder, "secret.txt"), "not for the page");
  writeFileSync(path.join(root, "index.html"), "<title>Penumbra</title>");
  writeFileSync(path.join(root, "assets/page-abcdefgh.js"), SCRIPT);
  writeFileSync(path.join(root, "model.onnx"), WEIGHTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function served<T>(
  options: Partial<Parameters<typeof serve>[0]>,
  visit: (site: Awaited<ReturnType<typeof serve>>) => Promise<T>,
): Promise<T> {
  const site = await serve({
    root: path.join(folder, "dist"),
    port: 4900,
    ...options,
  });
  try {
    return await visit(site);
  } finally {
    await site.close();
  }
}

describe("for this machine", () => {
  it("sends files as they are, with isolation and the page's policy", () =>
    served({}, async ({ url, addresses }) => {
      expect(addresses).toEqual([]);
      const page = await ask(url, { "accept-encoding": "gzip, br" });
      expect(page.status).toBe(200);
      expect(page.body.toString()).toContain("Penumbra");
      expect(page.headers["content-encoding"]).toBeUndefined();
      expect(page.headers["cross-origin-embedder-policy"]).toBe("require-corp");
      expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
      expect(page.headers["cache-control"]).toBe("no-cache");
      expect((await ask(url, { "if-none-match": page.headers.etag! })).status).toBe(304);
    }));

  it("lets a browser keep what is named by its content", () =>
    served({}, async ({ url }) => {
      const { headers } = await ask(`${url}assets/page-abcdefgh.js`);
      expect(headers["cache-control"]).toContain("immutable");
    }));

  it.each(["../secret.txt", "%2e%2e/secret.txt", "assets/../../secret.txt", "%E0%A4%A", "none.js"])(
    "gives nothing for %s",
    (file) =>
      served({}, async ({ url }) => {
        expect((await ask(`${url}${file}`)).status).toBe(404);
      }),
  );
});

describe("for the room", () => {
  it("compresses scripts by what the browser takes, and leaves weights alone", () =>
    served({ room: true }, async ({ url }) => {
      const script = `${url}assets/page-abcdefgh.js`;
      const gzip = await ask(script, { "accept-encoding": "gzip, deflate" });
      expect(gzip.headers["content-encoding"]).toBe("gzip");
      expect(gzip.headers.vary).toBe("Accept-Encoding");
      expect(gzip.body.length).toBeLessThan(SCRIPT.length / 10);
      expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);
      const br = await ask(script, { "accept-encoding": "gzip, deflate, br" });
      expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
      expect(br.headers.etag).not.toBe(gzip.headers.etag);
      for (const accepted of ["", "gzip;q=0", "identity"]) {
        const plain = await ask(script, { "accept-encoding": accepted });
        expect(plain.headers["content-encoding"]).toBeUndefined();
        expect(plain.body.toString()).toBe(SCRIPT);
      }
      const weights = await ask(`${url}model.onnx`, {
        "accept-encoding": "gzip",
      });
      expect(weights.body).toEqual(Buffer.from(WEIGHTS));
    }));

  it("sends a changed file, not the compressed copy of the one before", () =>
    served({ room: true }, async ({ url }) => {
      const file = path.join(folder, "dist/changing.js");
      writeFileSync(file, "before");
      await ask(`${url}changing.js`, { "accept-encoding": "gzip" });
      writeFileSync(file, "and after");
      const { body } = await ask(`${url}changing.js`, {
        "accept-encoding": "gzip",
      });
      expect(gunzipSync(body).toString()).toBe("and after");
    }));

  it("is reached by the machine's own network addresses, which the page can ask for", () =>
    served({ room: true }, async ({ url, addresses }) => {
      const own = Object.values(networkInterfaces())
        .flat()
        .filter((each) => each?.family === "IPv4" && !each.internal)
        .map((each) => each!.address);
      expect(addresses.map((address) => new URL(address).hostname)).toEqual(own);
      const told = JSON.parse((await ask(`${url}addresses.json`)).body.toString()) as object;
      expect(told).toEqual({ addresses });
      for (const address of addresses) {
        const page = await ask(address);
        expect(page.body.toString()).toContain("Penumbra");
        // Over plain http isolation is ignored with an error on the console.
        expect(page.headers["cross-origin-embedder-policy"]).toBeUndefined();
      }
      expect(announcement({ url, addresses }, true)).toContain("one thread");
      for (const address of addresses) {
        expect(announcement({ url, addresses }, true)).toContain(address);
      }
    }));

  it("keeps isolation behind a proxy that speaks https", () =>
    served({ room: true }, async ({ url }) => {
      const headers = { host: "lab.example", "x-forwarded-proto": "https" };
      const page = await ask(url, headers);
      expect(page.headers["cross-origin-opener-policy"]).toBe("same-origin");
    }));
});
