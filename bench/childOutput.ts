import { spawn } from "node:child_process";

/** What a Node process prints, trimmed. */
export function childOutput(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--no-warnings", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("close", (code) =>
      code === 0 ? resolve(text.trim()) : reject(new Error(`${args.join(" ")} ended with ${code}`)),
    );
  });
}
