/** What one graph may weigh with the weights beside it. */
import { LabError } from "../../errors/labError.ts";
import { LARGEST_FILE } from "../../onnx/file.ts";

/** Adds up the files of one graph before any of them is read; a file that is read again counts once. */
export class LargestTotal {
  readonly #what: string;
  readonly #counted = new Set<string>();
  #bytes = 0;

  /** @param what begins the sentence */
  constructor(what: string) {
    this.#what = what;
  }

  /** @throws LabError "graph-too-large" */
  add(file: string, bytes: number): void {
    if (this.#counted.has(file)) return;
    this.#counted.add(file);
    this.#bytes += bytes;
    if (this.#bytes <= LARGEST_FILE) return;
    throw new LabError(
      "graph-too-large",
      `${this.#what} has ${(this.#bytes / 2 ** 30).toFixed(1)} GB; the runtime takes graphs and weights up to 2 GB.`,
      { hint: "Quantize the weights or export a smaller model." },
    );
  }
}
