/** `npm run docs`: writes docs/tables/README.md from `lab list`, and operators.md from the rules. Tests say when they are stale. */
import { writeFileSync } from "node:fs";
import { listTables, TABLES } from "./listTables.ts";
import { operatorOutcomes, operatorTable } from "./operatorTable.ts";
import { listVerb } from "../src/cli/listVerb.ts";

let text = "";
await listVerb(Object.keys(TABLES), (lists) => {
  text = listTables(lists as Readonly<Record<string, unknown>>);
});
writeFileSync(new URL("../docs/tables/README.md", import.meta.url), text);
writeFileSync(
  new URL("../docs/tables/operators.md", import.meta.url),
  operatorTable(operatorOutcomes()),
);
