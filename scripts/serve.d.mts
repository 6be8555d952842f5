/** Serves `root` on the first free port from `port` on. */
export function serve(options: {
  readonly root: string;
  readonly port?: number;
  /** Cross-origin isolation headers; true when not given. */
  readonly isolation?: boolean;
}): Promise<{ readonly url: string; close(): Promise<void> }>;
