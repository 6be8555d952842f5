// A static server for the built page: right MIME types, cross-origin isolation, the page's content policy. Plain JavaScript, so that
// any Node can run it: `node scripts/serve.mjs --help`.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { ARCHIVE_PATH, archiveOf, archiveOption, passOn } from "./archive.mjs";
import { CONTENT_POLICY } from "./contentPolicy.mjs";
import { HUB_PATH, fromHub, hubOption } from "./hub.mjs";
import { parseOptions, portNumber, readOptions } from "./options.mjs";

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

/** Weights shrink by 8 % at most; these shrink to a quarter. */
const COMPRESSIBLE = new Set([
  ".css",
  ".html",
  ".js",
  ".json",
  ".md",
  ".mjs",
  ".svg",
  ".txt",
  ".wasm",
]);

// Quality 5 is as fast as gzip and smaller (the runtime's 14 MB: 0.2 s, 2.8 MB against 3.7). Browsers take it over https and on
// localhost only, so a room on plain http gets gzip.
const ENCODERS = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
    }),
  gzip: promisify(gzip),
};

// Without these two headers a browser gives onnxruntime-web one WASM thread.
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Serves `root` on the first free port from `port` on: to this machine, or with `room` to its network as well, compressed.
 * With `dicomweb` the films of that archive can be read under the page's own address, by this machine alone, and with `hub`
 * the models of that hub.
 * @param {{ root: string, port?: number, isolation?: boolean, room?: boolean, dicomweb?: string, hub?: string }} options
 * @returns {Promise<{ url: string, addresses: readonly string[], close: () => Promise<void> }>}
 */
export async function serve({ root, port = 4173, isolation = true, room = false, dicomweb, hub }) {
  const site = {
    archive: archiveOption(dicomweb, room) && archiveOf(dicomweb),
    hub: hubOption(hub, room),
    folder: path.resolve(root),
    isolation,
    room,
    compressed: new Map(),
    port: 0,
  };
  const server = createServer((request, response) => {
    respond(site, request, response).catch(() => response.destroy());
  });
  site.port = await listenFrom(server, port, room ? "0.0.0.0" : "localhost");
  return {
    url: `http://localhost:${site.port}/`,
    addresses: addressesOf(site),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Where other machines of the network find the page: its IPv4 addresses, as URLs. */
function addressesOf({ room, port }) {
  if (!room) return [];
  return Object.values(networkInterfaces())
    .flat()
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => `http://${address}:${port}/`);
}

async function respond(site, request, response) {
  const { pathname } = new URL(`http://localhost${request.url}`);
  const headers = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_POLICY,
    ...(site.isolation && isTrustworthy(request) ? ISOLATION : {}),
  };
  const refuse = (status) => response.writeHead(status, headers).end();
  if (site.archive && pathname.startsWith(ARCHIVE_PATH)) {
    // A page of another name that was led to this address must not read it either.
    if (!isThisMachine(request)) return refuse(403);
    return passOn(site.archive, request, response, headers);
  }
  if (site.hub && pathname.startsWith(HUB_PATH)) {
    if (!isThisMachine(request)) return refuse(403);
    return fromHub(site.hub, request, response, headers);
  }
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
  if (pathname === "/addresses.json") {
    response.writeHead(200, { ...headers, "Content-Type": MIME[".json"] });
    return response.end(JSON.stringify({ addresses: addressesOf(site) }));
  }
  const file = await fileOf(site.folder, pathname);
  if (!file) return refuse(404);
  // The build names everything under assets/ by its content.
  if (pathname.startsWith("/assets/")) {
    headers["Cache-Control"] = "public, max-age=31536000, immutable";
  }
  return send(site, file, headers, { request, response });
}

async function send(site, file, headers, { request, response }) {
  const extension = path.extname(file.path).toLowerCase();
  const encoding =
    site.room && COMPRESSIBLE.has(extension)
      ? encodingFor(request.headers["accept-encoding"])
      : undefined;
  const version = `${file.size.toString(36)}-${Math.floor(file.mtimeMs).toString(36)}`;
  const tag = `"${version}${encoding ? `-${encoding}` : ""}"`;
  const described = {
    ...headers,
    ETag: tag,
    ...(site.room && COMPRESSIBLE.has(extension) ? { Vary: "Accept-Encoding" } : {}),
  };
  if (request.headers["if-none-match"] === tag) return response.writeHead(304, described).end();
  described["Content-Type"] = MIME[extension] ?? "application/octet-stream";
  if (encoding) {
    const bytes = await compressedOnce(site.compressed, file.path, tag, encoding);
    response.writeHead(200, {
      ...described,
      "Content-Encoding": encoding,
      "Content-Length": bytes.length,
    });
    return response.end(request.method === "HEAD" ? undefined : bytes);
  }
  response.writeHead(200, { ...described, "Content-Length": file.size });
  if (request.method === "HEAD") return response.end();
  return createReadStream(file.path)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** Twenty laptops that ask at the same moment share one compression, which is kept until the file changes. */
function compressedOnce(kept, file, tag, encoding) {
  const key = `${file} ${encoding}`;
  const known = kept.get(key);
  if (known?.tag === tag) return known.bytes;
  const bytes = readFile(file).then(ENCODERS[encoding]);
  kept.set(key, { tag, bytes });
  bytes.catch(() => kept.delete(key));
  return bytes;
}

/** The best encoding a request accepts. */
function encodingFor(accepted = "") {
  const offers = accepted.split(",").map((offer) => offer.trim().toLowerCase());
  const takes = (name) =>
    offers.some((offer) => offer.split(";")[0] === name && !/;\s*q=0(\.0*)?$/.test(offer));
  return Object.keys(ENCODERS).find(takes);
}

/** Over plain http under any name but localhost a browser ignores isolation, and says so in red on its console. */
function isTrustworthy(request) {
  return isThisMachine(request) || request.headers["x-forwarded-proto"] === "https";
}

/** Asked for under a name that only this machine has. */
function isThisMachine({ headers }) {
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host) || host.endsWith(".localhost");
}

/** The file a path of a URL names inside the folder, or undefined; never one outside it. */
async function fileOf(folder, encoded) {
  let pathname;
  try {
    pathname = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  const wanted = path.join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  if (!wanted.startsWith(folder + path.sep)) return undefined;
  const found = await stat(wanted).catch(() => undefined);
  return found?.isFile() ? { path: wanted, size: found.size, mtimeMs: found.mtimeMs } : undefined;
}

async function listenFrom(server, first, host) {
  const last = Math.min(first + 99, 65535);
  for (let port = first; port <= last; port++) {
    const error = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(port, host, () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (!error) return port;
    if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
  }
  throw new Error(`No free port from ${first} to ${last}: name another with --port.`);
}

/** What to tell whoever started the server. */
export function announcement({ url, addresses }, room) {
  if (!room) return `Penumbra is at ${url} (Ctrl+C stops it)`;
  const lines = addresses.map((address) => `  ${address}`);
  return [
    addresses.length > 0
      ? "Penumbra serves this network. Project the address that the room can reach:"
      : "Penumbra would serve the network, but this machine has no network address.",
    ...lines,
    `On this machine: ${url} (Ctrl+C stops it)`,
    "Over plain http a browser computes on one thread and keeps nothing for offline use; everything else works.",
  ].join("\n");
}

const USAGE = `Usage: node scripts/serve.mjs [options]

  --root DIR       folder to serve (dist)
  --port N         first port to try (4173)
  --host           serve the network too, not only this machine
  --no-isolation   leave out the headers that allow more than one thread
  --dicomweb URL   archive whose films the page may search and open (PENUMBRA_DICOMWEB); a name and a password go into
                   the address: http://name:password@archive:8042/dicom-web
  --hub URL        model hub that the page may fetch models from, https://huggingface.co say (PENUMBRA_HUB)`;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { root, port, host, isolation, dicomweb, hub } = readOptions(USAGE, (args) => {
    const values = parseOptions(args, {
      port: { type: "string", default: "4173" },
      root: { type: "string", default: "dist" },
      host: { type: "boolean", default: false },
      "no-isolation": { type: "boolean", default: false },
      dicomweb: { type: "string", default: process.env.PENUMBRA_DICOMWEB },
      hub: { type: "string", default: process.env.PENUMBRA_HUB },
    });
    return {
      ...values,
      port: portNumber(values.port),
      isolation: !values["no-isolation"],
      dicomweb: archiveOption(values.dicomweb, values.host),
    };
  });
  const site = await serve({ root, port, isolation, room: host, dicomweb, hub });
  console.log(announcement(site, host));
}
