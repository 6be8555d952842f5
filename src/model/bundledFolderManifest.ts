/** files.json of a bundled vision-language model: what its folder holds, which a web server does not say. */
import { z } from "zod";
import { LabError } from "../errors/labError.ts";

const indexSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  files: z.array(
    z.object({
      /** "/" between folders. */
      path: z.string(),
      bytes: z.number().int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type FolderIndex = z.infer<typeof indexSchema>;

/** @throws LabError "model-damaged" */
export function parseFolderIndex(json: unknown): FolderIndex {
  const parsed = indexSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LabError("model-damaged", "files.json does not list the model's files.", {
    cause: parsed.error,
  });
}
