/** Marker segments and entropy-coded bits of JPEG test files. */

export class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  push(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#held = 2 * this.#held + ((value >> bit) & 1);
      if (++this.#count === 8) this.#flush();
    }
  }

  /** A difference or coefficient below its category's code (T.81 F.1.2.1): negative numbers less one. */
  pushSigned(value: number, category: number): void {
    this.push(value > 0 ? value : value + 2 ** category - 1, category);
  }

  /** Fills the last byte with ones and adds a restart marker. */
  restart(index: number): void {
    this.#align();
    this.#bytes.push(0xff, 0xd0 + (index % 8));
  }

  bytes(): Uint8Array {
    this.#align();
    return Uint8Array.from(this.#bytes);
  }

  #align(): void {
    while (this.#count > 0) this.push(1, 1);
  }

  #flush(): void {
    this.#bytes.push(this.#held);
    if (this.#held === 0xff) this.#bytes.push(0);
    this.#held = 0;
    this.#count = 0;
  }
}

/** Bits that a number needs: 0 for 0, 1 for -1 and 1, 2 for -3..-2 and 2..3. */
export function categoryOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1;
}

export function segment(marker: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([0xff, marker, ...bigWord(body.length + 2), ...body]);
}

export function bigWord(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

/** A Huffman table in which the symbols have codes of one length, in their order: the code of a symbol is its index. */
export function flatTable(
  tableClass: 0 | 1,
  length: number,
  symbols: readonly number[],
): Uint8Array {
  const counts = Array.from({ length: 16 }, (_, i) => (i === length - 1 ? symbols.length : 0));
  return segment(0xc4, [16 * tableClass, ...counts, ...symbols]);
}
