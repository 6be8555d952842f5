// A DICOMweb archive behind the page's own address (`npm start -- --dicomweb URL`). A browser asks no other origin than the
// page's, and an archive allows none to ask it; so the server of the page passes reading requests on. Nothing is ever stored there.
import { OptionError } from "./options.mjs";

/** Where the page finds it, whatever the archive's own address is. */
export const ARCHIVE_PATH = "/dicom-web/";

/** Searching (QIDO-RS) and fetching (WADO-RS): nothing else of DICOMweb goes through. */
const READING = /^(studies|series|instances)(\/[\w.]+)*$/;

/**
 * The archive's address in parts. A name and a password written into it become a header: a browser never sees them.
 * @param {string} address
 * @returns {{ base: URL, authorization?: string }}
 * @throws OptionError
 */
export function archiveOf(address) {
  const base = URL.canParse(address) ? new URL(address) : undefined;
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new OptionError(
      `--dicomweb needs the DICOMweb address of an archive, http://localhost:8042/dicom-web say, not "${address.replace(/\/\/[^@/]*@/, "//")}"`,
    );
  }
  const { username, password } = base;
  base.username = "";
  base.password = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  if (!username) return { base };
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, authorization: `Basic ${Buffer.from(secret).toString("base64")}` };
}

/**
 * What the command line says of an archive, once it is known to make sense.
 * @throws OptionError
 */
export function archiveOption(dicomweb, isForRoom) {
  if (dicomweb === undefined || dicomweb === "") return undefined;
  if (isForRoom) {
    throw new OptionError(
      "--dicomweb and --host do not go together: every laptop of the network could read the archive's films",
    );
  }
  archiveOf(dicomweb);
  return dicomweb;
}

/**
 * Answers one request of the page from the archive. Films must not stay on disk: nothing of it may be cached.
 * @param {{ base: URL, authorization?: string }} archive
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {Record<string, string>} headers those of every answer of this server
 */
export async function passOn(archive, request, response, headers) {
  const { pathname, search } = new URL(`http://localhost${request.url}`);
  const wanted = pathname.slice(ARCHIVE_PATH.length);
  const answer = (status, sentence) =>
    response
      .writeHead(status, {
        ...headers,
        "Cache-Control": "no-store",
        "Content-Type": "text/plain; charset=utf-8",
      })
      .end(sentence);
  if (request.method !== "GET" || !READING.test(wanted)) {
    return answer(403, "Only searching and fetching go through to the archive.");
  }
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  let found;
  try {
    found = await fetch(new URL(wanted + search, archive.base), {
      headers: {
        Accept: request.headers.accept ?? "application/dicom+json",
        ...(archive.authorization && { Authorization: archive.authorization }),
      },
      // Another address would be one that nobody chose.
      redirect: "manual",
      signal: gone.signal,
    });
  } catch (error) {
    const why = error.cause?.code ?? error.message;
    return answer(502, `The archive at ${archive.base.host} does not answer (${why}).`);
  }
  if (found.status >= 300) {
    await found.body?.cancel();
    return answer(
      found.status < 400 ? 502 : found.status,
      `The archive answered ${found.status} ${found.statusText}`.trimEnd() + ".",
    );
  }
  response.writeHead(found.status, {
    ...headers,
    "Cache-Control": "no-store",
    "Content-Type": found.headers.get("content-type") ?? "application/octet-stream",
  });
  if (!found.body) return response.end();
  for await (const part of found.body) {
    if (!response.write(part)) await new Promise((resolve) => response.once("drain", resolve));
  }
  return response.end();
}
