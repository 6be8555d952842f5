/** Which code this page is; written in when the page is built (vite.config.ts). */
declare const PENUMBRA_BUILD: {
  readonly lab: string;
  readonly commit: string | null;
  /** The model runtime and its version. */
  readonly runtime: string;
};

export const BUILD = PENUMBRA_BUILD;
