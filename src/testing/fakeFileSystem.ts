/** A browser's private file system in memory (what of it the lab uses), with a quota, and folders as a disk has them. */

export class FakeFolder {
  readonly kind = "directory";
  readonly name: string;
  readonly #entries = new Map<string, FakeFolder | FakeFile>();
  readonly #quota: { left: number };

  constructor(name = "", quota: { left: number } = { left: Infinity }) {
    this.name = name;
    this.#quota = quota;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeFolder> {
    const found = this.#entries.get(name);
    if (found instanceof FakeFolder) return found;
    if (!create) throw new DOMException(name, "NotFoundError");
    const made = new FakeFolder(name, this.#quota);
    this.#entries.set(name, made);
    return made;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FakeFile> {
    const found = this.#entries.get(name);
    if (found instanceof FakeFile) return found;
    if (!create) throw new DOMException(name, "NotFoundError");
    const made = new FakeFile(name, this.#quota);
    this.#entries.set(name, made);
    return made;
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.#entries.delete(name)) throw new DOMException(name, "NotFoundError");
  }

  async *entries(): AsyncGenerator<readonly [string, FakeFolder | FakeFile]> {
    yield* this.#entries;
  }
}

class FakeFile {
  readonly kind = "file";
  readonly name: string;
  readonly #quota: { left: number };
  #content: Blob = new Blob([]);

  constructor(name: string, quota: { left: number }) {
    this.name = name;
    this.#quota = quota;
  }

  async getFile(): Promise<File> {
    return new File([this.#content], this.name);
  }

  /** What is written is there when the stream is closed, and not before. */
  async createWritable() {
    let next = new Blob([]);
    return {
      write: async (content: Blob) => {
        if (content.size > this.#quota.left) throw new DOMException("full", "QuotaExceededError");
        next = content;
      },
      close: async () => {
        this.#quota.left -= next.size - this.#content.size;
        this.#content = next;
      },
      abort: async () => {},
    };
  }
}

/** `navigator.storage` over an empty private file system. */
export function fakeStorage(quota = Infinity) {
  const room = { left: quota };
  const root = new FakeFolder("", room);
  const storage = {
    getDirectory: async () => root,
    estimate: async () => ({ quota: room.left, usage: 0 }),
    persist: async () => true,
  };
  return { root, room, storage };
}
