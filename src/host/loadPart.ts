/**
 * Parts of the page that are fetched on first use: lazy modules, workers, WebAssembly. A page left open over a deploy asks
 * for files that are no longer there; a page that has lost its connection for files it can't reach.
 */
import { LabError } from "../errors/labError.ts";

/**
 * What Chromium, Firefox, Safari and Vite say when a module or its styles could not be fetched, and onnxruntime-web when
 * its WebAssembly could not.
 */
const NOT_FETCHED =
  /dynamically imported module|importing a module script failed|unable to preload|fetching of the wasm failed|CompileError/i;

export function partMissing(cause?: unknown): LabError {
  return new LabError(
    "page-outdated",
    "A part of this page could not be loaded: the page was updated on its server, or the connection is gone.",
    {
      hint: "Reload the page; settings, question and brush strokes are kept.",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** Imports a lazy module. @throws LabError "page-outdated" when it can't be fetched; what the module itself throws as it is. */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isNotFetched(error)) throw partMissing(error);
    throw error;
  }
}

/** Whether an error says that code could not be fetched, and nothing about the code itself. */
export function isNotFetched(error: unknown): boolean {
  return NOT_FETCHED.test(error instanceof Error ? error.message : String(error));
}

/** A worker that could not be fetched ends with an event that says nothing; one that failed while running says what. */
export function isUnfetched(event: { readonly message?: string }): boolean {
  return !event.message;
}
