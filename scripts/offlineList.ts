/** Vite plugin: lists what the page may fetch after it has opened, with sizes, as dist/offline.json for "keep everything". */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Plugin } from "vite";
import {
  ADAPTER_PACKAGE,
  BANDS_PACKAGE,
  BUNDLED_FOLDERS,
  BUNDLED_MODELS,
  BUNDLED_PRECISIONS,
  ENCODER_ADAPTER_PACKAGE,
  LINK_PACKAGE,
  OPENED_ROLES,
} from "../src/model/catalog.ts";
import { parseFolderIndex } from "../src/model/bundledFolderManifest.ts";
import { parseLinkManifest } from "../src/model/linkManifest.ts";
import { parseManifest } from "../src/model/manifest.ts";
import type { OfflineFile, OfflinePart } from "../src/host/offlineParts.ts";

export function offlineList(): Plugin {
  let folder = "dist";
  return {
    name: "offline-list",
    apply: "build",
    configResolved: ({ root, build }) => {
      folder = path.resolve(root, build.outDir);
    },
    // Before the service worker's list is made, which holds this file too.
    writeBundle: () => {
      const parts = offlineParts(folder);
      writeFileSync(path.join(folder, "offline.json"), `${JSON.stringify({ parts })}\n`);
    },
  };
}

/** @throws when a part has no file: then the build is not the one this list is about. */
function offlineParts(folder: string): readonly OfflinePart[] {
  const wasm = readdirSync(path.join(folder, "assets"))
    .filter((name) => name.endsWith(".wasm"))
    .map((name) => `assets/${name}`);
  const isRuntime = (file: string) => file.includes("/ort-");
  const isGpu = (file: string) => isRuntime(file) && file.includes(".asyncify-");
  const part = (id: string, files: readonly string[]): OfflinePart => ({
    id,
    files: files.map((file) => sized(folder, file)),
  });
  const parts = [
    part(
      "runtime",
      wasm.filter((file) => isRuntime(file) && !isGpu(file)),
    ),
    part("webgpu", wasm.filter(isGpu)),
    part(
      "decoders",
      wasm.filter((file) => !isRuntime(file)),
    ),
    part(
      "cards",
      [...BUNDLED_MODELS, ...BUNDLED_FOLDERS].map(({ id }) => `models/${id}/card.md`),
    ),
    ...BUNDLED_MODELS.flatMap(({ id }) => modelParts(folder, id)),
    linkPart(folder, LINK_PACKAGE),
    ...BUNDLED_FOLDERS.map(({ id }) => part(id, folderFiles(folder, id))),
    linkPart(folder, ADAPTER_PACKAGE),
    linkPart(folder, ENCODER_ADAPTER_PACKAGE),
    linkPart(folder, BANDS_PACKAGE),
  ];
  for (const { id, files } of parts) {
    if (files.length === 0) throw new Error(`offline list: no file of "${id}" in ${folder}`);
  }
  return parts;
}

function modelParts(folder: string, id: string): readonly OfflinePart[] {
  const base = `models/${id}`;
  const manifest = parseManifest(
    JSON.parse(readFileSync(path.join(folder, base, "manifest.json"), "utf8")),
  );
  const documents = ["manifest.json", manifest.tokenizer?.path, manifest.parity]
    .filter((name) => name !== undefined)
    .map((name) => sized(folder, `${base}/${name}`));
  return BUNDLED_PRECISIONS.map((precision) => ({
    id: `${id} ${precision}`,
    files: [
      ...documents,
      ...manifest.files
        .filter((file) => file.precision === precision && OPENED_ROLES.includes(file.role))
        .map((file) => ({
          ...sized(folder, `${base}/${file.path}`),
          sha256: file.sha256,
        })),
    ],
  }));
}

/** A vision-language model as a folder of files, which the page fetches one by one as they lie there. */
function folderFiles(folder: string, id: string): readonly string[] {
  const base = `models/${id}`;
  const { files } = parseFolderIndex(
    JSON.parse(readFileSync(path.join(folder, base, "files.json"), "utf8")),
  );
  return [`${base}/files.json`, ...files.map((file) => `${base}/${file.path}`)];
}

/** What defenses link to a model. */
function linkPart(folder: string, id: string): OfflinePart {
  const base = `models/${id}`;
  const manifest = parseLinkManifest(
    JSON.parse(readFileSync(path.join(folder, base, "manifest.json"), "utf8")),
  );
  return {
    id,
    files: [
      sized(folder, `${base}/manifest.json`),
      ...manifest.files.map((file) => ({
        ...sized(folder, `${base}/${file.path}`),
        sha256: file.sha256,
      })),
    ],
  };
}

function sized(folder: string, file: string): OfflineFile {
  const full = path.join(folder, file);
  if (!existsSync(full)) throw new Error(`offline list: ${file} is not in ${folder}`);
  return { path: file, bytes: statSync(full).size };
}
