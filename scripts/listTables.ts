/** The lists of `lab list` as Markdown tables: what docs/tables/README.md is made of. */
import type { ParamMeta } from "../src/system/param.ts";

interface Member {
  readonly id: string;
  readonly label?: string;
  readonly name?: string;
  readonly help?: string;
  readonly description?: string;
  readonly source?: string;
  readonly unit?: string;
  readonly precisions?: readonly string[];
  readonly losses?: readonly string[];
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  readonly params?: Readonly<Record<string, ParamMeta>>;
}

/** Titles of the tables, in order. */
export const TABLES = {
  models: "Models",
  perturbations: "Perturbations",
  attacks: "Attacks",
  goals: "Goals of an attack",
  defenses: "Defenses",
  instruments: "Instruments",
  measures: "Measures of studies",
} as const;

/** @param lists what `lab list` prints, by name. */
export function listTables(lists: Readonly<Record<string, unknown>>): string {
  const sections = Object.entries(TABLES).map(([name, title]) =>
    section(title, membersOf(lists[name])),
  );
  return `# Tables

Made by \`npm run docs\` from \`lab list\`, the registries that the page itself reads: change those, not this file.

${sections.join("\n")}`;
}

/** A list of members, or members by id. */
function membersOf(list: unknown): readonly Member[] {
  if (Array.isArray(list)) return list as readonly Member[];
  return Object.entries(list as Record<string, Omit<Member, "id">>).map(([id, member]) => ({
    ...member,
    id,
  }));
}

function section(title: string, members: readonly Member[]): string {
  const rows = members.map((member) => [
    `\`${member.id}\``,
    member.label ?? member.name ?? "",
    sentence(member),
  ]);
  const params = members.flatMap(({ id, params: own = {} }) =>
    Object.entries(own).map(([name, meta]) => [
      `\`${id}\``,
      `\`${name}\``,
      rangeOf(meta),
      String(meta.step),
      meta.unit,
      String(meta.default),
      meta.help,
    ]),
  );
  const settings =
    params.length === 0
      ? ""
      : `\n${table(["of", "parameter", "range", "step", "unit", "default", "what it does"], params)}`;
  return `## ${title}\n\n${table(["id", "name", "what it is"], rows)}${settings}`;
}

function sentence(member: Member): string {
  const { help, description, source, unit, precisions, losses, fields = {} } = member;
  const named = Object.entries(fields).map(
    ([field, values]) =>
      `\`${field}\`: ${typeof values === "string" ? values : values.map((v) => `\`${v}\``).join(", ")}.`,
  );
  return [
    help ?? description ?? "",
    ...(losses ? [`Losses: ${losses.join(", ")}.`] : []),
    ...named,
    ...(precisions ? [`Precisions: ${precisions.join(", ")}.`] : []),
    ...(unit ? [`In ${unit}.`] : []),
    ...(source ? [`Source: ${source}.`] : []),
  ].join(" ");
}

function rangeOf({ min, max, choices }: ParamMeta): string {
  return choices ? choices.join(", ") : `${min} to ${max}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim()).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line), ""].join("\n");
}
