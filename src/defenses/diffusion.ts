/**
 * Diffusion purification in a few steps: noise is laid over the picture, which drowns a small change, and taken out again step by
 * step by the lab's purifier, which knows the level. Each step is DDIM's (Song et al. 2021, without fresh noise): with the picture
 * D that the network sees behind the noise, x <- D + (next level / level) (x - D), down to level 0.
 */
import { LabError } from "../errors/labError.ts";
import { LINK_PACKAGE } from "../model/catalog.ts";
import { linkFor } from "../model/linkManifest.ts";
import type { GraphLink } from "../model/modelLink.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, declaredDims, makeValueInfo } from "../onnx/messages.ts";
import type { Defense } from "./defense.ts";
import { drawn, noisy } from "./looks/draws.ts";
import type { Drawer } from "./looks/draws.ts";
import { looksSystem } from "./looks/looksSystem.ts";
import { ATTACKER_DRAWS } from "./looks/params.ts";

export const diffusionPurifier: Defense = {
  id: "diffusionPurifier",
  label: "Diffusion purifier",
  group: "network",
  help: "Lays noise over the picture and lets the purifier take it out again in a few steps, so that a small change drowns in it. Fine detail goes with the noise, and an attacker who averages over it works through every step.",
  source: "Nie et al. 2022, DiffPure (arXiv:2205.07460), with DDIM's steps (arXiv:2010.02502)",
  params: {
    sigma: {
      label: "Noise",
      unit: "of black to white",
      min: 0,
      max: 0.5,
      step: 0.01,
      default: 0.1,
      help: "Standard deviation of the noise on each copy. 0 leaves the model as it is.",
    },
    steps: {
      label: "Steps",
      unit: "",
      min: 1,
      max: 4,
      step: 1,
      default: 3,
      integer: true,
      help: "Passes of the purifier. A preview takes one.",
    },
    eot: ATTACKER_DRAWS,
  },
  strength: "sigma",
  card: LINK_PACKAGE,
  isRandom: true,
  preview: { steps: 1, eot: 2 },
  graphs: { links: [{ role: "purifier" }] },
  async defend(inner, { params, seed, key, host }) {
    const { sigma = 0, steps = 1, eot = 1 } = params;
    if (!inner.linked) {
      throw new LabError(
        "spec-invalid",
        "The diffusion purifier is joined to the model's own graphs, and another defense stands between them.",
        { hint: "Move it to the end of the list, next to the model." },
      );
    }
    if (!host.linkPackage) throw new LabError("model-not-found", "This lab has no purifier.");
    const graphs = await host.linkPackage(LINK_PACKAGE);
    const denoised = await inner.linked(
      (model) =>
        Array.from({ length: steps }, (_, k) => {
          const level = sigma * (1 - k / steps);
          const next = sigma * (1 - (k + 1) / steps);
          return blending(linkFor(graphs, "purifier", level, model), Math.max(0, next / level));
        }),
      `${key} steps`,
    );
    const by = (drawer: Drawer, count: number) => (image: Float32Array, round?: number) =>
      drawn(image, { seed, count, by: drawer, round }, (x, random) => noisy(x, sigma, random));
    return looksSystem(
      denoised,
      denoised.key,
      {
        gradient: "expectation",
        answering: by("answer", 1),
        attacking: by("attacker", eot),
        atLeast: 0,
      },
      host.yieldToHost,
    );
  },
};

/** Share of the noise that a step keeps, as an input of the graph: one number. */
const KEPT = "kept";

/** The link that hands on D + kept (x - D) in place of D. */
export function blending(link: GraphLink, kept: number): GraphLink {
  const model = parseModel(link.graph);
  const view = new GraphView(model);
  const image = view.inputs.find(({ name }) => !(name in link.scalars))!;
  const [made = ""] = view.outputs;
  const builder = new GraphBuilder(model);
  const share = builder.addInput(KEPT, ELEMENT_TYPE.float32, [1]);
  const rest = builder.add("Sub", [image.name, made]);
  const mixed = builder.add("Add", [made, builder.add("Mul", [rest, share])]);
  builder.setOutputs([makeValueInfo(mixed, ELEMENT_TYPE.float32, declaredDims(image))]);
  return {
    ...link,
    graph: serializeModel(builder.build()),
    sha256: `${link.sha256} blended`,
    scalars: { ...link.scalars, [KEPT]: kept },
  };
}
