/** What both runtimes of the headless lab do alike: they need no queue, and say in the same words that they stopped. */
import { LabError } from "../errors/labError.ts";

export function ortFailure(
  during: "opening" | "running",
  reason: string,
  cause: unknown,
): LabError {
  return during === "opening"
    ? new LabError("graph-invalid", `ONNX Runtime could not load the graph: ${reason}`, { cause })
    : new LabError("backend-lost", `ONNX Runtime stopped while running: ${reason}`, { cause });
}

export function atOnce<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
