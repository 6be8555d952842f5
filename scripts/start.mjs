// `npm start`: installs what is missing, builds what has changed, serves the page and prints its address.
import path from "node:path";
import { archiveOption } from "./archive.mjs";
import { hubOption } from "./hub.mjs";
import { parseOptions, portNumber, readOptions } from "./options.mjs";
import { announcement, serve } from "./serve.mjs";
import { ROOT, ensureBuilt, ensureInstalled } from "./toolchain.mjs";

const USAGE = `Usage: npm start -- [options]

  --host           serve the room: every machine of this network, not only this one
  --port N         first port to try (PORT, or 4173)
  --no-isolation   leave out the headers that allow more than one thread
  --dicomweb URL   archive whose films the page may search and open (PENUMBRA_DICOMWEB); a name and a password go into
                   the address: http://name:password@archive:8042/dicom-web
  --hub URL        model hub that the page may fetch models from, https://huggingface.co say (PENUMBRA_HUB); off unless it is
                   named here and switched on in the page`;

// `npm start --host`, without the two dashes between, hands the option to npm, which passes it on in the environment.
const { npm_config_host: npmHost, npm_config_port: npmPort, PORT } = process.env;

const { port, host, isolation, dicomweb, hub } = readOptions(USAGE, (args) => {
  const values = parseOptions(args, {
    port: { type: "string", default: (npmPort ?? PORT) || "4173" },
    host: { type: "boolean", default: npmHost === "true" },
    "no-isolation": { type: "boolean", default: false },
    dicomweb: { type: "string", default: process.env.PENUMBRA_DICOMWEB },
    hub: { type: "string", default: process.env.PENUMBRA_HUB },
  });
  return {
    ...values,
    port: portNumber(values.port),
    isolation: !values["no-isolation"],
    dicomweb: archiveOption(values.dicomweb, values.host),
    hub: hubOption(values.hub, values.host)?.href,
  };
});
try {
  ensureInstalled();
  ensureBuilt();
  const site = await serve({
    root: path.join(ROOT, "dist"),
    port,
    isolation,
    room: host,
    dicomweb,
    hub,
  });
  console.log(announcement(site, host));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
