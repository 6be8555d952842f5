import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serve } from "./serve.mjs";

interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

let root: string;
const asked: Asked[] = [];
const archive = createServer((request, response) => {
  asked.push({ url: request.url!, headers: request.headers });
  if (request.url!.endsWith("/studies/9"))
    return response.writeHead(302, { Location: "http://elsewhere.invalid/" }).end();
  if (!request.headers.authorization) return response.writeHead(401).end("patient X");
  response.writeHead(200, {
    "Content-Type": "application/dicom+json",
    "Cache-Control": "max-age=600",
  });
  return response.end("[]");
});
const port = () => (archive.address() as AddressInfo).port;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "penumbra-archive-"));
  writeFileSync(path.join(root, "index.html"), "<title>Penumbra</title>");
  await new Promise<void>((resolve) => archive.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  rmSync(root, { recursive: true });
  archive.close();
});

async function through<T>(dicomweb: string, visit: (url: string) => Promise<T>): Promise<T> {
  const site = await serve({ root, port: 4930, dicomweb });
  try {
    return await visit(site.url);
  } finally {
    await site.close();
  }
}

const withSecret = () => `http://reader:pass%40word@127.0.0.1:${port()}/dw`;

it("passes a search on with the archive's own path and password, and keeps nothing of the answer", () =>
  through(withSecret(), async (url) => {
    const answer = await fetch(`${url}dicom-web/studies?PatientName=*a*`, {
      headers: { Accept: "application/dicom+json", Cookie: "session=1" },
    });
    expect(await answer.text()).toBe("[]");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/dicom+json");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    const { url: seen, headers } = asked.at(-1)!;
    expect(seen).toBe("/dw/studies?PatientName=*a*");
    expect(headers.authorization).toBe(
      `Basic ${Buffer.from("reader:pass@word").toString("base64")}`,
    );
    expect(headers.cookie).toBeUndefined();
  }));

it("only reads: nothing is stored, and no other path of the archive's machine is reached", () =>
  through(withSecret(), async (url) => {
    const before = asked.length;
    const post = await fetch(`${url}dicom-web/studies`, { method: "POST", body: "film" });
    expect(post.status).toBe(403);
    for (const wanted of ["patients", "../system", "studies/%2e%2e/%2e%2e/system", "studies//x"]) {
      expect((await fetch(`${url}dicom-web/${wanted}`)).status, wanted).toBeGreaterThanOrEqual(400);
    }
    expect(asked.length).toBe(before);
  }));

it("is for pages of this machine: another name that leads here gets nothing", () =>
  through(withSecret(), async (url) => {
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest(`${url}dicom-web/studies`, { headers: { Host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  }));

it("says what the archive refuses in words of its own, and follows it nowhere", async () => {
  await through(`http://127.0.0.1:${port()}`, async (url) => {
    const refused = await fetch(`${url}dicom-web/studies`);
    expect(refused.status).toBe(401);
    expect(await refused.text()).toBe("The archive answered 401 Unauthorized.");
    const moved = await fetch(`${url}dicom-web/studies/9`, { redirect: "manual" });
    expect(moved.status).toBe(502);
  });
  await through("http://127.0.0.1:9/", async (url) => {
    const silent = await fetch(`${url}dicom-web/studies`);
    expect(silent.status).toBe(502);
    expect(await silent.text()).toMatch(/^The archive at 127\.0\.0\.1:9 does not answer/);
  });
});

it("has no archive unless it was given one, and gives none to a whole room", async () => {
  const site = await serve({ root, port: 4930 });
  expect((await fetch(`${site.url}dicom-web/studies`)).status).toBe(404);
  await site.close();
  await expect(serve({ root, port: 4930, room: true, dicomweb: withSecret() })).rejects.toThrow(
    /do not go together/,
  );
  await expect(serve({ root, port: 4930, dicomweb: "archive:8042" })).rejects.toThrow(
    /DICOMweb address/,
  );
});
