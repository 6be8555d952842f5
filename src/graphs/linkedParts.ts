/** A model's parts with what is linked to it: changes of its own graphs first, then the graphs around its encoder. */
import type { ModelLink } from "../model/modelLink.ts";
import { editedParts } from "./innerEdits.ts";
import { linkedEncoder } from "./links.ts";
import type { OpenSet } from "./linkedModels.ts";
import type { ModelParts } from "./modelParts.ts";

/** @throws LabError "model-incompatible" | "graph-invalid" where a link does not fit */
export async function linkedParts(
  before: ModelParts,
  links: readonly ModelLink[],
): Promise<{ readonly parts: ModelParts } & Pick<OpenSet, "scalars">> {
  const edits = links.filter((link) => link.place === "inside");
  const outer = links.filter((link) => link.place !== "inside");
  const { parts, opened, scalars } =
    edits.length > 0
      ? await editedParts(before, edits)
      : { parts: before, opened: [], scalars: [] };
  try {
    const linked = await linkedEncoder(parts.encoder, outer, parts.sessions);
    const owned = [...opened, ...linked.opened];
    return {
      parts: { ...parts, encoder: linked.encoder, owned },
      scalars: links.map((link) =>
        link.place === "inside"
          ? scalars[edits.indexOf(link)]!
          : linked.scalars[outer.indexOf(link)]!,
      ),
    };
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()));
    throw error;
  }
}
