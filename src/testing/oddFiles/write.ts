/** `node src/testing/oddFiles/write.ts DIR`: the generated files, for models/golden/odd_files.py to read. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allOddFiles } from "./allOddFiles.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("name the folder to write to");
await mkdir(folder, { recursive: true });
for (const { name, bytes } of await allOddFiles()) await writeFile(join(folder, name), bytes);
