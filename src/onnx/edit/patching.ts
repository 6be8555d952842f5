/**
 * Activation patching (causal interchange): an inner value is replaced by one from another run, in whole or where a
 * mask says so, and everything after it computes on.
 */
import { LabError } from "../../errors/labError.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, graphOf } from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import { rewire } from "./rewire.ts";

export interface Patch {
  /** The value to replace (float32); its readers see the patched one, an output of that name still shows the original. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Shape of a mask input that broadcasts against the value (e.g. [1, T, 1] for tokens); without it all is replaced. */
  readonly maskShape?: readonly number[];
}

/** Names of the graph inputs that a patch adds. */
export function patchInputs(name: string): { readonly value: string; readonly mask: string } {
  return { value: `patch_${name}`, mask: `patch_mask_${name}` };
}

/**
 * The model with inputs `patch_<name>` (float32, the value's shape) and, where asked, `patch_mask_<name>` (float32,
 * replaced where > 0.5). A mask of zeros, or the run's own value, leaves every output bit for bit as it was.
 * @throws LabError "graph-invalid" when a value does not exist or is patched twice.
 */
export function withPatches(model: ModelProto, patches: readonly Patch[]): ModelProto {
  const builder = new GraphBuilder(model);
  const replacements = new Map<string, string>();
  for (const { name, shape, maskShape } of patches) {
    if (!builder.isTaken(name)) {
      throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
    }
    if (replacements.has(name)) {
      throw new LabError("graph-invalid", `The value "${name}" is patched twice.`);
    }
    const inputs = patchInputs(name);
    const value = builder.addInput(inputs.value, ELEMENT_TYPE.float32, shape);
    if (maskShape !== undefined) builder.addInput(inputs.mask, ELEMENT_TYPE.float32, maskShape);
    replacements.set(name, maskShape === undefined ? value : builder.fresh(`${name}/patched`));
  }
  builder.setNodes(rewire(graphOf(model).node, replacements));
  for (const { name, maskShape } of patches) {
    if (maskShape === undefined) continue;
    const inputs = patchInputs(name);
    const chosen = builder.add("Greater", [inputs.mask, builder.float(0.5)]);
    builder.add("Where", [chosen, inputs.value, name], { outputs: [replacements.get(name)!] });
  }
  return builder.build();
}
