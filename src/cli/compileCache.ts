/**
 * Compiled code of the lab's modules, kept between calls: stripping the types and compiling them is more than half of what `lab list` takes.
 * Node looks each module up by its content, so a changed file is never taken from here, and a folder that can't be written is no error.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import path from "node:path";

const FOLDER = path.join(import.meta.dirname, "../../node_modules/.cache/lab-code");

/** For this process; NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE are followed where they are set. */
export function keepCompiledCode(): void {
  enableCompileCache(FOLDER);
}

/** For a process that this one starts. */
export function compileCacheEnvironment(): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: FOLDER, ...process.env };
}

/** At once, for a process that will be ended rather than end. */
export function writeCompiledCode(): void {
  flushCompileCache();
}
