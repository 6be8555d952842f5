// `npm start`: installs what is missing, builds what has changed, serves the page and prints its address.
import path from "node:path";
import { parseArgs } from "node:util";
import { serve } from "./serve.mjs";
import { ROOT, ensureBuilt, ensureInstalled } from "./toolchain.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4173" },
    "no-isolation": { type: "boolean", default: false },
  },
});
try {
  ensureInstalled();
  ensureBuilt();
  const { url } = await serve({
    root: path.join(ROOT, "dist"),
    port: Number(values.port),
    isolation: !values["no-isolation"],
  });
  console.log(`Penumbra is at ${url} (Ctrl+C stops it)`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
