import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { LabError } from "../errors/labError.ts";
import { loadRadiograph } from "./loadRadiograph.ts";
// Made by models/golden/tiff_files.py: what Pillow writes and reads.
import goldens from "./tiffGoldens.json" with { type: "json" };

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

describe("a TIFF film", () => {
  it.each(goldens.files)("is read as Pillow reads it: $name", async ({ bytes, pictures }) => {
    for (const [frame, expected] of pictures.entries()) {
      const film = await loadRadiograph(bytesOf(bytes), nodeCodecs, frame);
      expect({ rows: film.rows, cols: film.cols, rawSha256: film.rawSha256 }).toEqual(expected);
      expect(film.source).toBe("tiff");
    }
    await expect(loadRadiograph(bytesOf(bytes), nodeCodecs, pictures.length)).rejects.toThrow(
      /There is no picture/,
    );
  });

  it.each(goldens.refused)("of another kind is refused by its name: $name", async (file) => {
    await expect(loadRadiograph(bytesOf(file.bytes), nodeCodecs)).rejects.toMatchObject({
      code: "file-unsupported",
      message: `This TIFF holds ${file.name}. Not shown.`,
    });
  });

  it("that is cut off anywhere, or has any byte changed, is read or refused in words", async () => {
    const { bytes, pictures } = goldens.files.find(({ name }) => name === "16 bits, Deflate")!;
    const whole = bytesOf(bytes);
    for (let length = 4; length < whole.length; length += 5) {
      const cut = await loadRadiograph(whole.slice(0, length), nodeCodecs).catch((e: unknown) => e);
      if (cut instanceof LabError) expect(cut.code).toMatch(/^file-/);
      else expect((cut as { rawSha256: string }).rawSha256).toBe(pictures[0]!.rawSha256);
    }
    for (let at = 4; at < whole.length; at += 3) {
      const changed = whole.slice();
      changed[at] = changed[at]! ^ 0x5a;
      const read = await loadRadiograph(changed, nodeCodecs).catch((e: unknown) => e);
      if (read instanceof Error) expect(read).toBeInstanceOf(LabError);
    }
  });

  it("whose directories go round in a circle ends", async () => {
    const whole = bytesOf(goldens.files[0]!.bytes);
    const view = new DataView(whole.buffer);
    const first = view.getUint32(4, true);
    view.setUint32(first + 2 + 12 * view.getUint16(first, true), first, true);
    await expect(loadRadiograph(whole, nodeCodecs)).rejects.toMatchObject({ code: "file-damaged" });
  });
});
