/**
 * What an instructor sets for a room: parts of the experiment that stay as they are, what is kept from view, and a seed that all
 * share. It travels in the address in plain words, so that a link stays short enough for a QR code on a wall:
 * `#lesson=fgsm&lock=model,case&hide=truth&seed=7`, `#quiz=12&seed=7`, or behind the link of an experiment.
 */
import type { ExperimentSpec } from "../experiment/spec.ts";

/** Parts of an experiment that can be locked, by the fields they cover; which map lies over the films (`relevance`) stays free. */
export const LOCKS = {
  case: ["case", "window"],
  model: ["model"],
  question: ["question"],
  disturbances: ["stack"],
  defenses: ["defenses"],
  guarantee: ["certificate"],
  measurements: ["instruments"],
} as const satisfies Readonly<Record<string, readonly (keyof ExperimentSpec)[]>>;
export type LockName = keyof typeof LOCKS;

/** What can be kept from view: what a phantom really has, names of cases, sliders of findings, answers until predicted. */
export const HIDDEN = ["truth", "titles", "sliders", "answers"] as const;
export type HiddenName = (typeof HIDDEN)[number];

/** The edited experiment with locked fields as they were; the old one where nothing else was changed. */
export function keepLocked(
  next: ExperimentSpec,
  before: ExperimentSpec,
  locks: readonly LockName[],
): ExperimentSpec {
  const fields = locks.flatMap((lock) => LOCKS[lock] as readonly (keyof ExperimentSpec)[]);
  if (fields.every((field) => next[field] === before[field])) return next;
  const kept = { ...next, ...Object.fromEntries(fields.map((field) => [field, before[field]])) };
  const names = Object.keys(kept) as (keyof ExperimentSpec)[];
  return names.every((name) => kept[name] === before[name]) ? before : kept;
}

/** What a room's address says. */
export interface RoomLink {
  /** A lesson by its id, and the step to begin with, counted from 1. */
  readonly lesson?: string;
  readonly step?: number;
  /** Rounds of the blind quiz. */
  readonly quiz?: number;
  readonly locks: readonly LockName[];
  readonly hidden: readonly HiddenName[];
  readonly seed?: number;
}

/** Rounds of the blind quiz where nothing else is said, and at most. */
export const QUIZ_ROUNDS = { default: 8, most: 24 } as const;
const MAX_SEED = 2 ** 20 - 1;

/** @param fragment with "#". What it does not understand is left out: a link from a newer lab still opens its lesson. */
export function readRoomLink(fragment: string): RoomLink {
  const entries = fragment
    .replace(/^#/, "")
    .split("&")
    .map((part) => part.split("="))
    .map(([name, value = ""]): [string, string] => [name!, value.replace(/[^\w,-]/g, "")]);
  const values = new Map(entries);
  const whole = (name: string, least: number, most: number): number | undefined => {
    const number = Number(values.get(name) || Number.NaN);
    return Number.isInteger(number) ? Math.max(least, Math.min(most, number)) : undefined;
  };
  const names = (name: string) => values.get(name)?.split(",") ?? [];
  const lesson = values.get("lesson");
  const step = whole("step", 1, 20);
  const seed = whole("seed", 0, MAX_SEED);
  const quiz = values.has("quiz")
    ? (whole("quiz", 4, QUIZ_ROUNDS.most) ?? QUIZ_ROUNDS.default)
    : undefined;
  return {
    ...(lesson ? { lesson } : {}),
    ...(step === undefined ? {} : { step }),
    ...(quiz === undefined ? {} : { quiz }),
    locks: names("lock").filter((name): name is LockName => Object.hasOwn(LOCKS, name)),
    hidden: names("hide").filter((name): name is HiddenName =>
      (HIDDEN as readonly string[]).includes(name),
    ),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** @param before the link of an experiment, where the room works on one; else the lesson or the quiz comes first. */
export function roomFragment(link: RoomLink, before = ""): string {
  const { lesson, step, quiz, locks, hidden, seed } = link;
  const parts = [
    ...(lesson === undefined ? [] : [`lesson=${lesson}`]),
    ...(step === undefined || step === 1 ? [] : [`step=${step}`]),
    ...(quiz === undefined ? [] : [`quiz=${quiz}`]),
    ...(locks.length > 0 ? [`lock=${locks.join(",")}`] : []),
    ...(hidden.length > 0 ? [`hide=${hidden.join(",")}`] : []),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
  ].join("&");
  return before ? `${before}${parts && `&${parts}`}` : `#${parts}`;
}

/** Whether an address is a room's own, and not that of an experiment. */
export function isRoomLink(fragment: string): boolean {
  return /^#(lesson|quiz)=/.test(fragment);
}
