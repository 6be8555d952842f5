// `npm run class-pack`: the built page, its server and one page of instructions as one zip, for a room without internet. Unpacked, it is
// served by `npm start` (any Node, nothing is installed), or its folder site/ by any web server.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { strToU8, zipSync } from "fflate";
import { parseOptions, readOptions } from "./options.mjs";
import { ROOT, ensureBuilt, ensureInstalled } from "./toolchain.mjs";

const FOLDER = "penumbra-class";
/** What the server is made of. */
const SERVER = ["serve.mjs", "archive.mjs", "hub.mjs", "contentPolicy.mjs", "options.mjs"];
/** Weights and pictures hardly shrink. */
const STORED = new Set([".onnx", ".png", ".woff2"]);

const INSTRUCTIONS = `Penumbra for a class. Research and teaching only, not for diagnosis.

On the teacher's laptop, in this folder:

    npm start            (needs Node 18 or newer, installs nothing, needs no internet)

It prints the address of this laptop in the room's network. Open that address on the other laptops; over plain http they compute
on one thread. Without Node, serve the folder site/ with any web server, for example:

    python3 -m http.server 8080 --directory site

Under Lessons, "Lead a room" makes the link and the code for the wall, and "Collect answers" reads what the class hands in.
Nothing is sent anywhere: films, answers and names stay on the laptop they are typed on.
`;

/**
 * @param {{ site: string, out: string }} paths the built page, and the zip to write
 * @returns {{ files: number, bytes: number }}
 */
export function packClass({ site, out }) {
  const files = {};
  const add = (name, bytes) => {
    const level = STORED.has(path.extname(name)) ? 0 : 6;
    files[`${FOLDER}/${name}`] = [bytes, { level }];
  };
  for (const name of readdirSync(site, { recursive: true, encoding: "utf8" })) {
    const file = path.join(site, name);
    const isHidden = name.split(path.sep).some((part) => part.startsWith("."));
    if (isHidden || !statSync(file).isFile()) continue;
    add(`site/${name.split(path.sep).join("/")}`, readFileSync(file));
  }
  if (!files[`${FOLDER}/site/index.html`]) {
    throw new Error(`There is no built page in ${site}: run npm run build first.`);
  }
  for (const name of SERVER) add(name, readFileSync(path.join(ROOT, "scripts", name)));
  add("LICENSE", readFileSync(path.join(ROOT, "LICENSE")));
  add("READ-ME.txt", strToU8(INSTRUCTIONS));
  add(
    "package.json",
    strToU8(
      `${JSON.stringify(
        {
          name: FOLDER,
          private: true,
          type: "module",
          scripts: { start: "node serve.mjs --root site --host" },
        },
        null,
        2,
      )}\n`,
    ),
  );
  const zip = zipSync(files);
  writeFileSync(out, zip);
  return { files: Object.keys(files).length, bytes: zip.length };
}

const USAGE = `Usage: npm run class-pack -- [options]

  --out FILE       the zip to write (penumbra-class.zip)`;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { out } = readOptions(USAGE, (args) =>
    parseOptions(args, { out: { type: "string", default: `${FOLDER}.zip` } }),
  );
  try {
    ensureInstalled();
    ensureBuilt();
    const { files, bytes } = packClass({ site: path.join(ROOT, "dist"), out });
    console.log(
      `${out}: ${files} files, ${(bytes / 1e6).toFixed(0)} MB. READ-ME.txt inside says how to serve it.`,
    );
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
