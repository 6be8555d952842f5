/** Files as they are dropped or picked, with their place in the folder they came in. */

export interface DroppedFile {
  /** "/" between folders; the file's name where it came alone. */
  readonly path: string;
  readonly file: File;
}

/** What to offer when single files of a model are picked. */
export const MODEL_FILES = ".onnx,.json,.data,.onnx_data,.bin,.weight,.weights,.jinja,.zip";

/** More than any model folder holds; a home folder dropped by mistake is not read through. */
export const MOST_FILES = 2000;
/** Version control and caches, and what systems put beside files. */
export const HIDDEN = /(^|\/)(\.|__MACOSX|node_modules|Thumbs\.db)/;

/** Of an input element. */
export function pickedFiles(files: readonly File[]): DroppedFile[] {
  return files
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !HIDDEN.test(path));
}

/**
 * Of a drop, folders read through. Must be called while the event is handled: the browser forgets the items afterwards.
 */
export function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry ? [entry] : [];
  });
  const plain = pickedFiles([...transfer.files]);
  return entries.some(({ isDirectory }) => isDirectory)
    ? filesIn(entries).then((files) => files.filter(({ path }) => !HIDDEN.test(path)))
    : Promise.resolve(plain);
}

async function filesIn(entries: readonly FileSystemEntry[]): Promise<DroppedFile[]> {
  const found: DroppedFile[] = [];
  const open = [...entries];
  for (let entry = open.shift(); entry && found.length < MOST_FILES; entry = open.shift()) {
    const path = entry.fullPath.replace(/^\//, "");
    if (HIDDEN.test(path)) continue;
    if (isFile(entry)) {
      const { file } = entry;
      found.push({ path, file: await new Promise<File>(file.bind(entry)) });
    } else if (isFolder(entry)) {
      open.push(...(await childrenOf(entry)));
    }
  }
  return found;
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives a hundred or so at a time, and none when there are no more.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children;
    children.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
