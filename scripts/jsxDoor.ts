/** Puts the page's JSX runtime, which knows the page's language, in the place of React's: in our components and in Mantine's. */
import path from "node:path";
import type { Plugin } from "vite";
import { ROOT } from "./toolchain.mjs";

const DOOR = path.join(ROOT, "src/ui/locale/jsxRuntime.ts");

export function jsxDoor(): Plugin {
  return {
    name: "jsx-door",
    apply: "build",
    enforce: "pre",
    resolveId(source, importer) {
      return source === "react/jsx-runtime" && importer !== DOOR ? DOOR : null;
    },
  };
}
