/** Rows as a Parquet file, written as they come. */
import { fileWriter } from "hyparquet-writer";
import { parquetRows } from "../../study/parquetWriter.ts";
import type { RowSink } from "../../study/parquetWriter.ts";
import type { Column } from "../../study/rows.ts";

/** @param about what the file says of itself, by name. */
export function parquetFile(
  file: string,
  columns: readonly Column[],
  about: Readonly<Record<string, string>>,
): RowSink {
  return parquetRows(fileWriter(file), columns, about);
}
