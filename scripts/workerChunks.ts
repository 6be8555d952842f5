/**
 * Where the code of a worker lies in the built page. WebKit evaluates the script that a worker was started with a second time
 * when a part that is loaded later imports from it: two engines then answered one call. So the script itself keeps nothing that
 * another part could want: all that it imports lies in a file beside it.
 */

/** The part of the bundler's context that is used. */
interface ChunkingContext {
  getModuleInfo(
    id: string,
  ): { readonly isEntry: boolean; readonly importers: readonly string[] } | null;
}

/** The name of the file beside the worker's script for what that script loads at once; nothing for what waits, or for the script. */
export function besideEntry(id: string, context: ChunkingContext): string | null {
  const getModuleInfo = (module: string) => context.getModuleInfo(module);
  if (getModuleInfo(id)?.isEntry) return null;
  const seen = new Set<string>();
  const isAtOnce = (module: string): boolean => {
    if (seen.has(module)) return false;
    seen.add(module);
    const info = getModuleInfo(module);
    return info !== null && (info.isEntry || info.importers.some(isAtOnce));
  };
  return isAtOnce(id) ? "work" : null;
}
