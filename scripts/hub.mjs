// A model hub behind the page's own address (`npm start -- --hub URL`). The page's policy lets it ask no other origin, and it
// stays so: the server fetches what the reader asks for, by name, and sends nothing but that name. Off unless it is named.
import { OptionError } from "./options.mjs";

/** Where the page finds it, whatever the hub's own address is. */
export const HUB_PATH = "/hub/";

/** What a model consists of, and its files: nothing else of a hub goes through. */
const READING =
  /^(api\/models\/[\w.-]+\/[\w.-]+\/(revision|tree)\/[\w.-]+|[\w.-]+\/[\w.-]+\/resolve\/[\w.-]+(\/[\w.-]+)+)$/;

/**
 * What the command line says of a hub, once it is known to make sense.
 * @returns {URL | undefined}
 * @throws OptionError
 */
export function hubOption(hub, isForRoom) {
  if (hub === undefined || hub === "") return undefined;
  const base = URL.canParse(hub) ? new URL(hub) : undefined;
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new OptionError(`--hub needs a hub's address, https://huggingface.co say, not "${hub}"`);
  }
  if (base.username || base.password) {
    throw new OptionError(
      "--hub takes no name and password: only what is open to everybody is fetched",
    );
  }
  if (isForRoom) {
    throw new OptionError(
      "--hub and --host do not go together: every laptop of the network could download through this machine",
    );
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

/**
 * Answers one request of the page from the hub. Files come from other hosts there, so redirects are followed.
 * @param {URL} base
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {Record<string, string>} headers those of every answer of this server
 */
export async function fromHub(base, request, response, headers) {
  const { pathname, search } = new URL(`http://localhost${request.url}`);
  const wanted = pathname.slice(HUB_PATH.length);
  const own = { ...headers, "Cache-Control": "no-store" };
  const answer = (status, sentence) =>
    response
      .writeHead(status, { ...own, "Content-Type": "text/plain; charset=utf-8" })
      .end(sentence);
  if (wanted === "about.json") {
    response.writeHead(200, { ...own, "Content-Type": "application/json; charset=utf-8" });
    return response.end(JSON.stringify({ host: base.host }));
  }
  const isReading = request.method === "GET" && READING.test(wanted) && !wanted.includes("..");
  if (!isReading || !["", "?recursive=true"].includes(search)) {
    return answer(403, "Only the list of a model's files and the files go through to the hub.");
  }
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const { range } = request.headers;
  let found;
  try {
    found = await fetch(new URL(wanted + search, base), {
      // A part of a file is a part of its bytes as they are.
      headers: { "Accept-Encoding": "identity", ...(range && { Range: range }) },
      signal: gone.signal,
    });
  } catch (error) {
    const why = error.cause?.code ?? error.message;
    return answer(502, `The hub at ${base.host} does not answer (${why}).`);
  }
  if (!found.ok) {
    await found.body?.cancel();
    return answer(
      found.status,
      `The hub answered ${found.status} ${found.statusText}`.trimEnd() + ".",
    );
  }
  const passed = ["content-type", "content-range"].flatMap((name) => {
    const value = found.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  response.writeHead(found.status, { ...own, ...Object.fromEntries(passed) });
  if (!found.body) return response.end();
  try {
    for await (const part of found.body) {
      if (!response.write(part)) await new Promise((resolve) => response.once("drain", resolve));
    }
  } catch {
    // The hub broke off in the middle: what came short is seen as such by the page.
    return response.destroy();
  }
  return response.end();
}
