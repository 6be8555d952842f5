/** `npm run docs`: writes docs/tables/README.md from `lab list`. A test says when it is stale. */
import { writeFileSync } from "node:fs";
import { listTables, TABLES } from "./listTables.ts";
import { listVerb } from "../src/cli/listVerb.ts";

let text = "";
await listVerb(Object.keys(TABLES), (lists) => {
  text = listTables(lists as Readonly<Record<string, unknown>>);
});
writeFileSync(new URL("../docs/tables/README.md", import.meta.url), text);
