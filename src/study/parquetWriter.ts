/** Rows as Parquet: the types of its columns, and a whole table at once for a page that has it in memory. */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import type { Writer } from "hyparquet-writer";
import type { ColumnType, Row } from "./rowColumns.ts";
import type { Column } from "./rows.ts";

const ROW_GROUP = 5000;

const TYPES = { text: "STRING", number: "DOUBLE", flag: "BOOLEAN" } as const satisfies Record<
  ColumnType,
  string
>;

export interface RowSink {
  add(row: Row): Promise<void>;
  finish(): Promise<void>;
}

/** Written as they come, some thousands at a time: memory does not grow with the study. @param about what the file says of itself. */
export function parquetRows(
  to: Writer,
  columns: readonly Column[],
  about: Readonly<Record<string, string>>,
): RowSink {
  const schema = schemaFromColumnData({
    columnData: columns.map(({ name, type }) => ({ name, data: [], type: TYPES[type] })),
  });
  const writer = new ParquetWriter({
    writer: to,
    schema,
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
  });
  let waiting: Row[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const columnData = columns.map(({ name }) => ({
      name,
      data: waiting.map((row) => row[name] ?? null),
    }));
    await writer.write({ columnData, rowGroupSize: ROW_GROUP });
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

/** A whole Parquet file. */
export async function parquetBytes(
  rows: readonly Row[],
  columns: readonly Column[],
  about: Readonly<Record<string, string>>,
): Promise<ArrayBuffer> {
  const writer = new ByteWriter();
  const sink = parquetRows(writer, columns, about);
  for (const row of rows) await sink.add(row);
  await sink.finish();
  return writer.getBuffer();
}
