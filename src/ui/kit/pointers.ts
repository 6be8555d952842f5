/**
 * Which fingers, pens and buttons are down on a viewer, and what they do together: one of them makes a gesture, two fingers move and zoom,
 * and while a pen is down the hand that holds it may rest on the screen.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What else is known while the pointer moves. */
export interface Held {
  readonly shift: boolean;
  readonly ctrl: boolean;
  /** Of a pen, 0 to 1; a finger and a mouse have none. */
  readonly pressure?: number;
}

/** One press of the pointer, from down to up. */
export interface Gesture {
  onMove(to: Point, held: Held): void;
  onUp(): void;
  /** The press turned into something else (a second finger, the page being scrolled): what was begun ends here. */
  onCancel(): void;
}

export interface Press {
  /** 0 left, 1 middle, 2 right, 5 the eraser of a pen. */
  readonly button: number;
  readonly isSpaceHeld: boolean;
  readonly pressure?: number;
}

export interface GestureHandlers {
  press(at: Point, press: Press): Gesture;
  /** Null when the pointer is elsewhere. */
  hover(at: Point | null): void;
  zoom(factor: number, at: Point): void;
  /** Two fingers went this far together, in CSS pixels. */
  pan(by: Point): void;
}

export interface Pointer {
  readonly id: number;
  /** "mouse", "touch" or "pen". */
  readonly kind: string;
  readonly at: Point;
}

export interface PointerTracker {
  /** @returns whether the press counts; one that does not is left alone. */
  down(pointer: Pointer, press: Press): boolean;
  move(pointer: Pointer, held: Held): void;
  /** @param isCut it did not end here, but was taken away, as by the page being scrolled. */
  up(id: number, isCut: boolean): void;
}

/** @param handlers those of the newest render */
export function trackPointers(handlers: () => GestureHandlers): PointerTracker {
  const pointers = new Map<number, Pointer>();
  let gesture: Gesture | null = null;
  /** Middle and distance of two fingers at the last move. */
  let pinch: { readonly middle: Point; readonly spread: number } | null = null;

  const drop = () => {
    gesture?.onCancel();
    gesture = null;
  };
  return {
    down(pointer, press) {
      const others = [...pointers.values()];
      if (pointer.kind === "touch" && others.some(({ kind }) => kind === "pen")) return false;
      // The hand came down before its pen.
      if (pointer.kind === "pen") pointers.clear();
      pointers.set(pointer.id, pointer);
      drop();
      pinch = pinchOf(pointers);
      if (pointers.size === 1) gesture = handlers().press(pointer.at, press);
      return true;
    },
    move(pointer, held) {
      const isDown = pointers.has(pointer.id);
      // A resting hand is nowhere.
      if (!isDown && pointer.kind === "touch") return;
      handlers().hover(pointer.at);
      if (isDown) pointers.set(pointer.id, pointer);
      const now = pinchOf(pointers);
      if (now && pinch) {
        const { middle, spread } = pinch;
        handlers().pan({ x: now.middle.x - middle.x, y: now.middle.y - middle.y });
        handlers().zoom(now.spread / spread, now.middle);
      }
      pinch = now;
      if (isDown) gesture?.onMove(pointer.at, held);
    },
    up(id, isCut) {
      if (!pointers.delete(id)) return;
      if (isCut) drop();
      else gesture?.onUp();
      gesture = null;
      pinch = pinchOf(pointers);
    },
  };
}

function pinchOf(pointers: ReadonlyMap<number, Pointer>) {
  const [a, b, third] = [...pointers.values()].map(({ at }) => at);
  if (!a || !b || third) return null;
  return {
    middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    spread: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)),
  };
}
