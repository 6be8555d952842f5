/** How a run is cited: the lab with its version, the model with its hash, the runtime, and the day. */
import { caseLine } from "./runRecord.ts";
import type { RunRecord } from "./runRecord.ts";

export interface Citation {
  /** One paragraph for a methods section. */
  readonly text: string;
  readonly bibtex: string;
}

export function citationOf({ spec, environment, model }: RunRecord): Citation {
  const { lab, commit, runtime, backend, precision, modelSha256, madeAt } = environment;
  const version = `${lab}${commit ? `, commit ${commit}` : ""}`;
  const year = madeAt.slice(0, 4);
  const day = madeAt.slice(0, 10);
  const text =
    `Penumbra, version ${version} (${year}): a browser lab for the failure modes of vision-language models on chest radiographs. ` +
    `Run of ${day} on ${runtime} (${backend}). ` +
    `Model: ${model.name}, version ${model.version}, ${precision} (SHA-256 of its graphs ${modelSha256.slice(0, 16)}), licence ${model.licence}. ` +
    `${caseLine(spec)}. Question: "${spec.question}". Research and teaching only, not for diagnosis.`;
  const bibtex = [
    `@software{penumbra_${lab.replaceAll(/\W/g, "_")},`,
    `  title = {Penumbra: a browser lab for the failure modes of vision-language models on chest radiographs},`,
    `  version = {${version}},`,
    `  year = {${year}},`,
    `  note = {${latex(`${runtime} (${backend}); model ${model.name} ${model.version}, ${precision}, SHA-256 ${modelSha256.slice(0, 16)}`)}}`,
    `}`,
  ].join("\n");
  return { text, bibtex };
}

/** Braces and LaTeX's special characters, escaped. */
function latex(text: string): string {
  return text.replaceAll(/[&%$#_{}]/g, String.raw`\$&`);
}
