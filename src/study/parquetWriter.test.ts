// A table written in memory, read by another library.
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { parquetBytes } from "./parquetWriter.ts";
import type { Row } from "./rowColumns.ts";

test("every cell comes back with its type, whatever the number of row groups", async () => {
  const columns = [
    { name: "key", type: "text" },
    { name: "flip", type: "flag" },
    { name: "margin", type: "number" },
  ] as const;
  const rows = Array.from({ length: 10_001 }, (_, k) => ({
    key: `row ${k}, "é"`,
    flip: k % 3 === 0 ? null : k % 2 === 0,
    margin: k % 5 === 0 ? null : Math.sqrt(k),
  })) as unknown as Row[];
  const file = await parquetBytes(rows, columns, { penumbra: "x" });
  expect(await parquetReadObjects({ file })).toEqual(rows);
  const { schema, key_value_metadata: about } = await parquetMetadataAsync(file);
  expect(schema.slice(1).map(({ type }) => type)).toEqual(["BYTE_ARRAY", "BOOLEAN", "DOUBLE"]);
  expect(about).toContainEqual({ key: "penumbra", value: "x" });
});
