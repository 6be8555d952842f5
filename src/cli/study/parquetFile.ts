/** Rows as Parquet, written as they come, some thousands at a time: memory does not grow with the study. */
import { ParquetWriter, fileWriter, schemaFromColumnData } from "hyparquet-writer";
import type { ColumnType, Row } from "../../study/rowColumns.ts";
import type { Column } from "../../study/rows.ts";

const ROW_GROUP = 5000;

const TYPES = { text: "STRING", number: "DOUBLE", flag: "BOOLEAN" } as const satisfies Record<
  ColumnType,
  string
>;

export interface RowSink {
  add(row: Row): Promise<void>;
  finish(): Promise<void>;
}

/** @param about what the file says of itself, by name. */
export function parquetFile(
  file: string,
  columns: readonly Column[],
  about: Readonly<Record<string, string>>,
): RowSink {
  const sourcesOf = (rows: readonly Row[]) =>
    columns.map(({ name }) => ({
      name,
      data: rows.map((row) => row[name] ?? null),
    }));
  const schema = schemaFromColumnData({
    columnData: columns.map(({ name, type }) => ({ name, data: [], type: TYPES[type] })),
  });
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema,
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
  });
  let waiting: Row[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    await writer.write({ columnData: sourcesOf(waiting), rowGroupSize: ROW_GROUP });
    waiting = [];
  };
  return {
    async add(row) {
      waiting.push(row);
      if (waiting.length >= ROW_GROUP) await flush();
    },
    async finish() {
      await flush();
      await writer.finish();
    },
  };
}
