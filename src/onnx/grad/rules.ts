/** The table of gradient rules: one per operator, collected from the families. */
import { LabError } from "../../errors/labError.ts";
import { nodeLabel } from "../graph.ts";

import { isDefaultDomain } from "../messages.ts";
import type { NodeProto } from "../messages.ts";
import { ACTIVATION_RULES } from "./activation.ts";
import { CONV_RULES } from "./conv.ts";
import { ELEMENTWISE_RULES } from "./elementwise.ts";
import { LINALG_RULES, MICROSOFT_LINALG_RULES } from "./linalg.ts";
import { INDEXING_RULES } from "./indexing.ts";
import { MOVEMENT_RULES } from "./movement.ts";
import { NORMALIZATION_RULES } from "./normalization.ts";
import { MICROSOFT_FUSED_RULES } from "./fused.ts";
import { POOLING_RULES } from "./pooling.ts";
import { MICROSOFT_QUANTIZATION_RULES, QUANTIZATION_RULES } from "./quantization.ts";
import { REDUCTION_RULES } from "./reduction.ts";
import type { VjpRule } from "./vjp.ts";

/** Rules by operator of the default domain. */
export const RULES: Readonly<Record<string, VjpRule>> = {
  ...ELEMENTWISE_RULES,
  ...LINALG_RULES,
  ...INDEXING_RULES,
  ...MOVEMENT_RULES,
  ...CONV_RULES,
  ...REDUCTION_RULES,
  ...NORMALIZATION_RULES,
  ...ACTIVATION_RULES,
  ...POOLING_RULES,
  ...QUANTIZATION_RULES,
};

/** Rules by operator of the com.microsoft domain (what ORT's own optimiser writes). */
export const MICROSOFT_RULES: Readonly<Record<string, VjpRule>> = {
  ...MICROSOFT_LINALG_RULES,
  ...MICROSOFT_FUSED_RULES,
  ...MICROSOFT_QUANTIZATION_RULES,
};

/** The rule of a node. @throws LabError "graph-unsupported-op" naming the operator and the node. */
export function ruleFor(node: NodeProto): VjpRule {
  const rule = isDefaultDomain(node.domain)
    ? RULES[node.opType]
    : node.domain === "com.microsoft"
      ? MICROSOFT_RULES[node.opType]
      : undefined;
  if (rule !== undefined) return rule;
  const from = isDefaultDomain(node.domain) ? "" : ` of ${node.domain}`;
  throw new LabError(
    "graph-unsupported-op",
    `There is no gradient rule for the operator ${node.opType}${from} (node ${nodeLabel(node)}).`,
    { where: node.name },
  );
}
