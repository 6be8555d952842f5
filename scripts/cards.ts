/** `npm run cards`: writes what the studies measured of each model into its card. A test says when a card is stale. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { isLabManifest, parseManifest } from "../src/model/manifest.ts";
import type { SummaryFile } from "../src/cli/study/reportCommand.ts";
import { ADAPTER_PACKAGE, BANDS_PACKAGE } from "../src/model/catalog.ts";
import { parseLinkManifest } from "../src/model/linkManifest.ts";
import { cardWithClaim } from "./cardClaims.ts";
import type { Evaluation } from "./cardClaims.ts";
import { CARD_STUDIES, cardWith, linkCardWith } from "./cardSections.ts";
import type { Summaries } from "./cardSections.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Each card as it is and as it should be. */
export function cards(): readonly {
  readonly file: string;
  readonly is: string;
  readonly should: string;
}[] {
  const models = path.join(ROOT, "public/models");
  return readdirSync(models).flatMap((id) => {
    // Folders as model hubs publish them have no manifest of the lab.
    if (!existsSync(path.join(models, id, "manifest.json"))) return [];
    const manifest: unknown = JSON.parse(
      readFileSync(path.join(models, id, "manifest.json"), "utf8"),
    );
    if (id === ADAPTER_PACKAGE || id === BANDS_PACKAGE) {
      const file = path.join(models, id, "card.md");
      const is = readFileSync(file, "utf8");
      return [{ file, is, should: linkCardWith(is, parseLinkManifest(manifest), summaries()) }];
    }
    // A package of graphs to link to a model has measurements of its own.
    if (!isLabManifest(manifest)) return [];
    const file = path.join(models, id, "card.md");
    const is = readFileSync(file, "utf8");
    const judged = cardWithClaim(is, id, evaluation(id), evaluation("base"));
    return [{ file, is, should: cardWith(judged, parseManifest(manifest), summaries()) }];
  });
}

function evaluation(id: string): Evaluation {
  const file = path.join(ROOT, "public/models", id, "evaluation.json");
  return JSON.parse(readFileSync(file, "utf8")) as Evaluation;
}

function summaries(): Summaries {
  const found = CARD_STUDIES.flatMap((name) => {
    const file = path.join(ROOT, "docs/studies", `${name}.json`);
    return existsSync(file) ? [[name, JSON.parse(readFileSync(file, "utf8")) as SummaryFile]] : [];
  });
  return Object.fromEntries(found) as Summaries;
}

if (import.meta.main) for (const { file, should } of cards()) writeFileSync(file, should);
