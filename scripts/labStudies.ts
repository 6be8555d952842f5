/** Vite plugin: the lab's own studies, a list of them, and the table that each gave, as files of the page under studies/. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Plugin } from "vite";
import { parseStudy } from "../src/study/schema.ts";
import { ROOT } from "./toolchain.mjs";

const FOLDER = path.join(ROOT, "studies");

/** Of each: its file's name, the study's own name and what it asks. */
export function labStudyList(): readonly { id: string; name: string; description: string }[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((file) => {
      const { name, description = "" } = parseStudy(
        JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")),
      );
      return { id: path.basename(file, ".json"), name, description };
    });
}

export function labStudies(): Plugin {
  return {
    name: "lab-studies",
    apply: "build",
    generateBundle() {
      const emit = (name: string, source: string | Uint8Array) =>
        this.emitFile({ type: "asset", fileName: `studies/${name}`, source });
      const list = labStudyList();
      emit("index.json", JSON.stringify(list.map(({ id, name }) => ({ id, name }))));
      for (const { id } of list) {
        emit(`${id}.json`, readFileSync(path.join(FOLDER, `${id}.json`)));
        emit(`${id}.md`, readFileSync(path.join(ROOT, "docs/studies", `${id}.md`)));
      }
    },
  };
}
