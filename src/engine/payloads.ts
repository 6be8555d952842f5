/**
 * What the page already has is named, not sent. The worker remembers which payload it sent under which key, the page keeps
 * the payloads it may be referred to. A drag then costs the new picture and its numbers, not the megabyte of masks.
 */
import { invariant } from "../errors/labError.ts";
import type { RunEvent } from "../experiment/results.ts";
import { moving } from "../host/workers.ts";
import { byteLevels, fromByteLevels } from "../image/grayImage.ts";
import type { Progress, SentRunEvent, WorkerEvent } from "./protocol.ts";

/** Pictures of a running attack are sent at most this often, in milliseconds: the page shows no more of them. */
const PICTURE_INTERVAL_MS = 200;

/** The worker's side. */
export class SentPayloads {
  readonly #now: () => number;
  readonly #sent = new Map<string, object>();
  #pictureAt = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new request begins; `held` are the keys whose payloads the page has kept. */
  begin(held: readonly string[]): void {
    const kept = new Set(held);
    for (const key of this.#sent.keys()) if (!kept.has(key)) this.#sent.delete(key);
    this.#pictureAt = -Infinity;
  }

  /** The event as it goes out. Payloads never change, so the same object under the same key is the same result. */
  outgoing(requestId: number, event: RunEvent): WorkerEvent {
    if (event.type === "progress") return this.#outgoingProgress(requestId, event);
    const { payload, ...named } = event;
    if (this.#sent.get(event.key) === payload) return { type: "run", requestId, event: named };
    this.#sent.set(event.key, payload);
    const { sendable, buffers } = packed(payload);
    const whole = { ...named, payload: sendable } as SentRunEvent;
    return moving({ type: "run", requestId, event: whole }, buffers);
  }

  #outgoingProgress(requestId: number, progress: Progress): WorkerEvent {
    const { attack, ...event } = progress;
    if (!attack) return { type: "run", requestId, event };
    const { image, ...numbers } = attack;
    if (this.#now() - this.#pictureAt < PICTURE_INTERVAL_MS) {
      return { type: "run", requestId, event: { ...event, attack: numbers } };
    }
    this.#pictureAt = this.#now();
    // The attack goes on with its own picture. Only the outermost object of a call can say what moves.
    const sent = byteLevels(image) ?? image.slice();
    const pictured = { ...event, attack: { ...numbers, image: sent } };
    return moving({ type: "run", requestId, event: pictured }, [sent.buffer]);
  }
}

/**
 * A payload as it is sent: a picture in whole grey levels of 255, as attacks leave it and files are, as a byte a pixel, which
 * moves instead of being copied.
 */
function packed(payload: object): {
  readonly sendable: object;
  readonly buffers: readonly ArrayBuffer[];
} {
  const levels = "image" in payload && isFloats(payload.image) && byteLevels(payload.image);
  return levels
    ? { sendable: { ...payload, image: levels }, buffers: [levels.buffer] }
    : { sendable: payload, buffers: [] };
}

function unpacked(payload: object): object {
  return "image" in payload && payload.image instanceof Uint8Array
    ? { ...payload, image: fromByteLevels(payload.image) }
    : payload;
}

function unpackedPicture(image: Float32Array | Uint8Array): Float32Array {
  return image instanceof Uint8Array ? fromByteLevels(image) : image;
}

function isFloats(value: unknown): value is Float32Array {
  return value instanceof Float32Array;
}

/** Payloads the page keeps to be referred to: a few cases and settings back. */
const KEPT = 16;

/** The page's side. */
export class HeldPayloads {
  /** Least recently used first. */
  readonly #held = new Map<string, object>();
  #picture: Float32Array | undefined;

  /** What the next request may refer to; older ones are forgotten. Between two calls nothing is. */
  keys(): readonly string[] {
    for (const key of this.#held.keys()) {
      if (this.#held.size <= KEPT) break;
      this.#held.delete(key);
    }
    this.#picture = undefined;
    return [...this.#held.keys()];
  }

  /** The event with the payload it names. The same result is the same object, so that nothing is drawn anew. */
  whole(event: SentRunEvent): RunEvent {
    if (event.type === "progress") {
      if (!event.attack) return event as RunEvent;
      const { image } = event.attack;
      this.#picture = image ? unpackedPicture(image) : this.#picture;
      invariant(this.#picture, "an attack's first step without its picture");
      return { ...event, attack: { ...event.attack, image: this.#picture } };
    }
    const payload = "payload" in event ? unpacked(event.payload) : this.#held.get(event.key);
    invariant(payload, `the payload of stage ${event.stage} is not here`);
    this.#held.delete(event.key);
    this.#held.set(event.key, payload);
    return { ...event, payload } as RunEvent;
  }

  clear(): void {
    this.#held.clear();
    this.#picture = undefined;
  }
}
