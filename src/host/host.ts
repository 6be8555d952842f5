/** What a long computation needs of whoever runs it: a way to stop it, and a way to let messages in. */
import type { CancelSignal } from "./newestWins.ts";

export interface Host {
  /** Looked at after every wait: raised, the computation ends at its next step. */
  readonly signal: CancelSignal;
  /** Lets messages in; awaited between steps. */
  yieldToHost(): Promise<void>;
}
