/** A bundled vision-language model, fetched when it is chosen: the same files as a reader's folder, checked against its list. */
import { LabError } from "../../errors/labError.ts";
import { partMissing } from "../../host/loadPart.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { parseFolderIndex } from "../../model/bundledFolderManifest.ts";
import type { DroppedFile } from "./droppedFiles.ts";

/** @throws LabError "page-outdated" for a file that is not there, "model-damaged" for one that is another */
export async function bundledFolder(
  id: string,
  base: string = document.baseURI,
): Promise<readonly DroppedFile[]> {
  const read = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
    const response = await fetch(new URL(`models/${id}/${path}`, base)).catch(() => undefined);
    if (!response?.ok) throw partMissing();
    return new Uint8Array(await response.arrayBuffer());
  };
  const { files } = parseFolderIndex(
    JSON.parse(new TextDecoder().decode(await read("files.json"))),
  );
  return Promise.all(
    files.map(async ({ path, sha256 }) => {
      const bytes = await read(path);
      if ((await sha256Hex(bytes)) !== sha256) {
        throw new LabError(
          "model-damaged",
          `The file ${path} of ${id} is not the one it came with.`,
          {
            hint: "Reload the page.",
          },
        );
      }
      return { path: `${id}/${path}`, file: new File([bytes], path.split("/").at(-1)!) };
    }),
  );
}
