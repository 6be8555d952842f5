/** Settings of a registry's member, checked against its own table. */
import { z } from "zod";
import type { ParamMeta } from "../system/param.ts";
import { anyNumber, numberIn } from "./specFields.ts";

/** Whatever numbers; `paramIssues` says which fit the member. */
export const settings = z.record(z.string(), anyNumber);

/** What is wrong with the settings of a registry's member. */
export function paramIssues(
  member: string,
  metas: Readonly<Record<string, ParamMeta>>,
  params: Readonly<Record<string, unknown>>,
) {
  return Object.entries(params).flatMap(([name, input]) => {
    const meta = Object.hasOwn(metas, name) ? metas[name] : undefined;
    const message = meta
      ? complaint(meta, input)
      : `is no setting of ${member}, which has ${Object.keys(metas).join(", ") || "none"}`;
    return message === undefined
      ? []
      : [{ code: "custom" as const, input, path: ["params", name], message }];
  });
}

/** What is wrong with a number; undefined where it is in range. */
export function complaint(
  range: Parameters<typeof numberIn>[0],
  value: unknown,
): string | undefined {
  return numberIn(range).safeParse(value).error?.issues[0]?.message;
}
