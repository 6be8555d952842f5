/** Turns catalogues of registries into plain data when the page is built, so that no algorithm comes with their names. */
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

/** Modules whose exports are all plain data once they are made. */
const CATALOGS = /\/src\/(attacks|defenses|perturbations|experiment\/instruments)\/catalog\.ts$/;

export function catalogs(): Plugin {
  return {
    name: "catalogs",
    apply: "build",
    enforce: "pre",
    async load(id) {
      if (!CATALOGS.test(id)) return null;
      const made = (await import(pathToFileURL(id).href)) as Record<string, unknown>;
      return Object.entries(made)
        .map(([name, data]) => `export const ${name} = ${JSON.stringify(data)};`)
        .join("\n");
    },
  };
}
