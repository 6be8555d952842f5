// A static server for the built page: right MIME types, cross-origin isolation, the page's content policy. Plain JavaScript, so that
// any Node can run it: `node scripts/serve.mjs [--port N] [--no-isolation] [--root DIR]`.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CONTENT_POLICY } from "./contentPolicy.mjs";

const MIME = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".onnx": "application/octet-stream",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".woff2": "font/woff2",
};

// Without these two headers a browser gives onnxruntime-web one WASM thread.
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Serves `root` on the first free port from `port` on.
 * @param {{ root: string, port?: number, isolation?: boolean }} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve({ root, port = 4173, isolation = true }) {
  const folder = path.resolve(root);
  const server = createServer((request, response) => {
    void respond(folder, isolation, request, response);
  });
  const taken = await listenFrom(server, port);
  return {
    url: `http://localhost:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function respond(folder, isolation, request, response) {
  const headers = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_POLICY,
    ...(isolation ? ISOLATION : {}),
  };
  const refuse = (status) => response.writeHead(status, headers).end();
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
  const file = await fileOf(folder, request.url ?? "/");
  if (!file) return refuse(404);
  const tag = `"${file.size.toString(36)}-${Math.floor(file.mtimeMs).toString(36)}"`;
  if (request.headers["if-none-match"] === tag) {
    return response.writeHead(304, { ...headers, ETag: tag }).end();
  }
  response.writeHead(200, {
    ...headers,
    ETag: tag,
    "Content-Type": MIME[path.extname(file.path).toLowerCase()] ?? "application/octet-stream",
    "Content-Length": file.size,
  });
  if (request.method === "HEAD") return response.end();
  return createReadStream(file.path)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The file a URL names inside the folder, or undefined; never one outside it. */
async function fileOf(folder, url) {
  let pathname;
  try {
    pathname = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined;
  }
  const wanted = path.join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  if (!wanted.startsWith(folder + path.sep)) return undefined;
  const found = await stat(wanted).catch(() => undefined);
  return found?.isFile() ? { path: wanted, size: found.size, mtimeMs: found.mtimeMs } : undefined;
}

async function listenFrom(server, first) {
  for (let port = first; port < first + 100; port++) {
    const error = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(port, "localhost", () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (!error) return port;
    if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
  }
  throw new Error(`No free port from ${first} to ${first + 99}.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4173" },
      root: { type: "string", default: "dist" },
      "no-isolation": { type: "boolean", default: false },
    },
  });
  const { url } = await serve({
    root: values.root,
    port: Number(values.port),
    isolation: !values["no-isolation"],
  });
  console.log(`Penumbra is at ${url}`);
}
