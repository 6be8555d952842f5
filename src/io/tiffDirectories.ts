/** The directories of a TIFF file (TIFF 6.0, section 2): one for each picture, with its fields of whole numbers. */
import { LabError } from "../errors/labError.ts";

interface TiffField {
  /** 3 is 16 bits, 4 is 32; others are not read. */
  readonly type: number;
  readonly count: number;
  /** Where its first value lies in the file. */
  readonly valueAt: number;
}

export interface TiffDirectory {
  readonly view: DataView;
  readonly isLittle: boolean;
  readonly fields: ReadonlyMap<number, TiffField>;
}

const SHORT = 3;
const LONG = 4;
const SIZES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4 };
/** A list that goes on longer than this goes round in a circle. */
const MOST_PICTURES = 10_000;
/** More strips or tiles than any radiograph has. */
const MOST_VALUES = 1_000_000;

/** @throws LabError "file-damaged" */
export function readDirectories(bytes: Uint8Array): readonly TiffDirectory[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const directories: TiffDirectory[] = [];
  if (bytes.length < 8) throw damaged();
  let at = view.getUint32(4, isLittle);
  while (at !== 0 && directories.length < MOST_PICTURES) {
    if (at + 2 > bytes.length) throw damaged();
    const count = view.getUint16(at, isLittle);
    if (at + 2 + 12 * count + 4 > bytes.length) throw damaged();
    const fields = new Map<number, TiffField>();
    for (let i = 0; i < count; i++) {
      const entry = at + 2 + 12 * i;
      const type = view.getUint16(entry + 2, isLittle);
      const values = view.getUint32(entry + 4, isLittle);
      const size = (SIZES[type] ?? 0) * values;
      const valueAt = size <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittle);
      if (valueAt + size > bytes.length || values > MOST_VALUES) continue;
      fields.set(view.getUint16(entry, isLittle), { type, count: values, valueAt });
    }
    directories.push({ view, isLittle, fields });
    at = view.getUint32(at + 2 + 12 * count, isLittle);
  }
  if (directories.length === 0 || at !== 0) throw damaged();
  return directories;
}

/** The values of a field; none where it is missing or holds no whole numbers. */
export function numbersOf(
  { view, isLittle, fields }: TiffDirectory,
  tag: number,
): readonly number[] {
  const field = fields.get(tag);
  const size = SIZES[field?.type ?? 0];
  if (!field || size === undefined) return [];
  return Array.from({ length: field.count }, (_, i) => {
    const at = field.valueAt + size * i;
    return size === 2 ? view.getUint16(at, isLittle) : view.getUint32(at, isLittle);
  });
}

function damaged(): LabError {
  return new LabError("file-damaged", "The directory of this TIFF file is damaged. Not shown.", {
    hint: "Export it again, or save it as 16-bit PNG.",
  });
}
