import { createRequire } from "node:module";

/** The lab's own version, as its package says it. */
export function labVersion(): string {
  const require = createRequire(import.meta.url);
  return (require("../../package.json") as { readonly version: string }).version;
}
