/** The graphs that the results rest on, by hash, so that a manifest or a link names all of them. */
import { loadPart } from "../../host/loadPart.ts";
import type { GraphPart } from "../../model/graphPartSchema.ts";
import type { System } from "../../system/system.ts";
import { aimsAtSentence, graphParts, neededGraphs } from "../graphNeeds.ts";
import type { Askers } from "../graphNeeds.ts";
import type { LabContext } from "../labContext.ts";
import type { ExperimentSpec } from "../spec.ts";
import { defineStage } from "../stage.ts";

export const graphsStage = defineStage({
  name: "graphs",
  needs: ["model", "system"],
  // The system's own key says which defenses are in force.
  reads: ({ spec: { model, stack, instruments, certificate }, pass }) =>
    pass === "full"
      ? [
          model,
          instruments.filter(({ enabled }) => enabled).map(({ instrument }) => instrument),
          certificate.enabled && certificate.beside ? certificate.beside.model : null,
          aimsAtSentence({ stack }, "featureText"),
          aimsAtSentence({ stack }, "writtenText"),
        ]
      : undefined,
  async run({ model }, { spec, context }): Promise<readonly GraphPart[]> {
    const needed = neededGraphs(spec, await askersOf(spec));
    return graphParts(needed, shelfOf(spec, model, context));
  },
});

/** Of an experiment that asks for none nothing is fetched. */
async function askersOf({ defenses, instruments }: ExperimentSpec): Promise<Askers> {
  const isAsked = (items: readonly { readonly enabled: boolean }[]) =>
    items.some(({ enabled }) => enabled);
  return {
    defenses: isAsked(defenses)
      ? (await loadPart(() => import("../../defenses/registry.ts"))).DEFENSES
      : {},
    instruments: isAsked(instruments)
      ? (await loadPart(() => import("../instruments/registry.ts"))).INSTRUMENTS
      : {},
  };
}

function shelfOf({ model: { id: open } }: ExperimentSpec, model: System, context: LabContext) {
  return {
    manifest: async (id: string) => (id === open ? model.manifest : await context.manifest?.(id)),
    linkManifest: async (id: string) => (await context.linkPackage?.(id))?.manifest,
  };
}
