/**
 * A model hub behind the page's own server (scripts/hub.mjs): what a model there consists of, and its files, fetched in parts
 * so that a stopped download goes on, and checked against the hub's own hashes. Asked are names of files; nothing is sent.
 */
import { LabError } from "../../errors/labError.ts";
import { gitBlobHash, sha256OfStream } from "../../host/sha256.ts";
import { PARTS_OF, formsOf, graphOfPart, readModelFolder } from "../../graphs/generative/folder.ts";
import type { ModelFolder } from "../../graphs/generative/folder.ts";
import { PART_BYTES, enter, partsOf, requireRoom } from "./modelShelf.ts";
import type { KeptFile, KeptModel, Parts } from "./modelShelf.ts";

export interface HubModel {
  /** OWNER/NAME. */
  readonly name: string;
  readonly host: string;
  /** The version all files are of. */
  readonly commit: string;
  readonly folder: ModelFolder;
  readonly forms: readonly string[];
  readonly files: readonly KeptFile[];
}

const ADDRESS = new URL("hub/", document.baseURI).href;
const NAME = /^[\w.-]+\/[\w.-]+$/;
/** What describes a model; the rest beside the graphs is for people. */
const DESCRIBING = /(^|\/)[\w.-]+\.(json|jinja)$/i;

/** The host that the page's server fetches from; undefined where it was started without one. */
export async function hubHost(): Promise<string | undefined> {
  try {
    const response = await fetch(`${ADDRESS}about.json`);
    const { host } = (await response.json()) as { readonly host?: unknown };
    return response.ok && typeof host === "string" ? host : undefined;
  } catch {
    return undefined;
  }
}

/** @throws LabError "not-found" | "model-unsupported" with why it is not opened here */
export async function lookUp(name: string, host: string, revision = "main"): Promise<HubModel> {
  if (!NAME.test(name)) {
    throw new LabError("not-found", `“${name}” is no model’s name: OWNER/NAME is meant.`);
  }
  const about = (await json(`api/models/${name}/revision/${encodeURIComponent(revision)}`)) as {
    readonly sha?: unknown;
  };
  const commit = typeof about.sha === "string" ? about.sha : revision;
  const tree = (await json(`api/models/${name}/tree/${commit}?recursive=true`)) as readonly Entry[];
  const files = tree.filter(({ type }) => type === "file").map(fileOf);
  const config = files.some(({ path }) => path === "config.json")
    ? await json(`${name}/resolve/${commit}/config.json`)
    : {};
  const folder = readModelFolder(
    files.map(({ path }) => path),
    config,
  );
  if (folder.problem !== undefined) throw new LabError("model-unsupported", folder.problem);
  return { name, host, commit, folder, forms: formsOf(folder), files };
}

/** Files that are needed for a form: the graphs, their weights, and what describes them. */
export function filesFor({ folder, files }: HubModel, form: string): readonly KeptFile[] {
  const graphs = PARTS_OF[folder.family!].map((part) => graphOfPart(folder, part, form));
  return files.filter(
    ({ path }) =>
      DESCRIBING.test(path) ||
      graphs.some((graph) => path === graph || path.startsWith(`${graph}_data`)),
  );
}

/**
 * Fetches what of these files this browser does not keep yet. Stopped, it goes on at the same part the next time.
 * @param onBytes told of all that is there
 * @throws LabError "graph-too-large" | "not-found" | "model-damaged"; "cancelled" never: a stop gives undefined
 */
export async function fetchModel(
  model: HubModel,
  form: string,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<KeptModel | undefined> {
  const files = filesFor(model, form);
  const id = `hub-${`${model.name}-${model.commit.slice(0, 12)}-${form}`.replaceAll(/[^\w.-]/g, "_")}`;
  const kept: KeptModel = {
    id,
    name: `${model.name} (${form})`,
    from: `${model.host}, version ${model.commit.slice(0, 12)}`,
    files,
    keptAt: Date.now(),
    isWhole: false,
  };
  const parts = await Promise.all(files.map((_, k) => partsOf(id, k)));
  const there = () => parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireRoom(all - there());
  await enter(kept);
  onBytes(there());
  for (const [k, file] of files.entries()) {
    const address = `${model.name}/resolve/${model.commit}/${file.path}`;
    const isWhole = await fetchParts(address, file, {
      parts: parts[k]!,
      signal,
      onBytes: () => onBytes(there()),
    });
    if (!isWhole) return undefined;
    await check(file, parts[k]!);
  }
  const whole = { ...kept, isWhole: true };
  await enter(whole);
  return whole;
}

/** False where it was stopped. */
async function fetchParts(
  address: string,
  { path, bytes }: KeptFile,
  {
    parts,
    signal,
    onBytes,
  }: { readonly parts: Parts; readonly signal: AbortSignal; readonly onBytes: () => void },
): Promise<boolean> {
  if (parts.bytes > bytes) await parts.drop();
  while (parts.bytes < bytes) {
    const from = parts.bytes;
    const to = Math.min(bytes, from + PART_BYTES);
    const piece = await pieceOf(address, { from, to, signal });
    if (signal.aborted || piece === undefined) return false;
    if (piece.size !== to - from) {
      throw new LabError("not-found", `${path} came shorter than the hub says it is.`, {
        hint: "Try again: what has come stays.",
      });
    }
    await parts.add(piece);
    onBytes();
  }
  return true;
}

async function pieceOf(
  address: string,
  {
    from,
    to,
    signal,
  }: { readonly from: number; readonly to: number; readonly signal: AbortSignal },
): Promise<Blob | undefined> {
  try {
    const response = await fetch(`${ADDRESS}${address}`, {
      headers: { Range: `bytes=${from}-${to - 1}` },
      signal,
    });
    if (!response.ok) throw refused(response, await response.text());
    const blob = await response.blob();
    // A server that knows no ranges sends all of it.
    return response.status === 206 ? blob : blob.slice(from, to);
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof LabError) throw error;
    throw new LabError("not-found", "The connection to the hub broke off.", {
      hint: "Try again: what has come stays.",
      cause: error,
    });
  }
}

/** @throws LabError "model-damaged": what came is not what the hub says it has, and is not kept */
async function check({ path, sha256, gitHash }: KeptFile, parts: Parts): Promise<void> {
  const blob = await parts.whole();
  const isRight =
    sha256 === undefined
      ? gitHash === undefined ||
        [undefined, gitHash].includes(await gitBlobHash(new Uint8Array(await blob.arrayBuffer())))
      : (await sha256OfStream(piecesOf(blob))) === sha256;
  if (isRight) return;
  await parts.drop();
  throw new LabError("model-damaged", `${path} is not the file that the hub says it has.`, {
    hint: "It was thrown away. Fetch it again; if that repeats, do not use this copy.",
  });
}

async function* piecesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const step = 2 ** 20;
  for (let at = 0; at < blob.size; at += step) {
    yield new Uint8Array(await blob.slice(at, at + step).arrayBuffer());
  }
}

interface Entry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function fileOf({ path, size, oid, lfs }: Entry): KeptFile {
  if (lfs) return { path, bytes: lfs.size, sha256: lfs.oid };
  return { path, bytes: size, ...(oid === undefined ? {} : { gitHash: oid }) };
}

async function json(address: string): Promise<unknown> {
  const response = await fetch(`${ADDRESS}${address}`).catch(() => undefined);
  if (!response) throw new LabError("not-found", "The page’s own server does not answer.");
  if (!response.ok) throw refused(response, await response.text());
  return response.json();
}

function refused({ status }: Response, sentence: string): LabError {
  if (status === 401 || status === 403 || status === 404) {
    return new LabError("not-found", "The hub has no such model that is open to everybody.", {
      hint: "Compare the name with its page. A model behind a licence is downloaded there and dropped here as a folder.",
    });
  }
  return new LabError("not-found", sentence || `The hub answered ${status}.`);
}
