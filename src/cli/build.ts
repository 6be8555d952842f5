/** Which code is running: for the headless lab's manifests, and for those of the page when it is built. */
import { spawnSync } from "node:child_process";

/** The short hash of the commit, with "+changes" when tracked files differ from it; null outside a git checkout. */
export function commitOf(folder: string): string | null {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync("git", ["-C", folder, ...args], { encoding: "utf8" });
    return status === 0 ? stdout.trim() : null;
  };
  const hash = git("rev-parse", "--short=12", "HEAD");
  if (hash === null) return null;
  return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}+changes`;
}
