/**
 * The one error type of the lab. Every failure a user can meet is a LabError: `message` says what is wrong in the
 * user's words with the number that proves it, `hint` says what to do next. Errors cross the worker border as plain
 * data, because structured clone drops `code` and breaks `instanceof`.
 */

/** What went wrong, by kind. The set is closed: a new kind is added here, so that every switch over it is checked. */
export type LabErrorCode =
  | "cancelled"
  | "file-empty"
  | "file-unknown-format"
  | "file-truncated"
  | "file-damaged"
  | "file-too-large"
  | "file-no-image"
  | "file-unsupported"
  | "file-mismatch"
  | "model-not-found"
  | "model-damaged"
  | "model-unsupported"
  | "model-incompatible"
  | "graph-invalid"
  | "graph-unsupported-op"
  | "graph-fused-attention"
  | "graph-too-large"
  | "gradient-check-failed"
  | "backend-unavailable"
  | "backend-lost"
  | "backend-timeout"
  | "spec-invalid"
  | "link-invalid"
  | "question-invalid"
  | "not-found"
  /** The experiment is about a film or a model of a reader's that is not open here; opening it goes on. */
  | "not-open"
  /** An instructor has locked that part of the experiment. */
  | "room-locked"
  | "page-outdated"
  /** The browser has no way to do it. */
  | "browser-unable"
  | "internal";

/** LabError as plain data, safe to structured-clone or to print as JSON. */
export interface LabErrorData {
  readonly code: LabErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly where?: string;
}

export class LabError extends Error {
  override readonly name = "LabError";
  readonly code: LabErrorCode;
  readonly hint: string | undefined;
  readonly where: string | undefined;

  constructor(
    code: LabErrorCode,
    message: string,
    details: { hint?: string; where?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.where = details.where;
  }
}

/** Any thrown value as data; what is not a LabError becomes code "internal" with its own message kept. */
export function toErrorData(error: unknown): LabErrorData {
  if (error instanceof LabError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.where === undefined ? {} : { where: error.where }),
    };
  }
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

/** Data from the other side of a worker border as an error again. */
export function fromErrorData(data: LabErrorData): LabError {
  return new LabError(data.code, data.message, {
    ...(data.hint === undefined ? {} : { hint: data.hint }),
    ...(data.where === undefined ? {} : { where: data.where }),
  });
}

/** A fault of our own code: what should never be. `message` says what was there. */
export function fault(message: string): LabError {
  return new LabError("internal", `internal: ${message}`);
}

/** A worker of the page that failed as a whole. */
export function partStopped(message: string, hint: string): LabError {
  return new LabError("internal", message, { hint });
}

/** Throws a fault where an invariant of our own code is broken; in a loop, `fault` alone builds no message for nothing. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw fault(message);
}
