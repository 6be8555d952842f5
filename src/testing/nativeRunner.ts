/** The toolkit's GraphRunner over ONNX Runtime's native build, for tests: as it is written, without graph optimisation. */
import { nodeSessions } from "../cli/nodeSessions.ts";
import { oneShotRunner } from "../graphs/runners.ts";
import type { GraphSession } from "../graphs/session.ts";

const sessions = nodeSessions(1);

/** Runs a model once in a new session. */
export const nativeRunner = oneShotRunner(sessions);

/** A session that stays open: many runs of one model. */
export function openNative(model: Uint8Array): Promise<GraphSession> {
  return sessions.create(model, { optimization: "disabled" });
}
