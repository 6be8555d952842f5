/** Several members at once under one severity, in the order the imaging chain applies them: a kind of film, not one fault. */
import { definePerturbation } from "./perturbation.ts";
import type { Perturbation, PerturbationGroup } from "./perturbation.ts";
import { significant } from "../numerics/decimalText.ts";

/** Settings at severity 1 to 5. */
type Ladder = readonly [number, number, number, number, number];

export interface Part {
  readonly member: Perturbation<object>;
  /** A setting that grows with the severity, or one that stays. */
  readonly settings: Readonly<Record<string, Ladder | number>>;
}

/** A setting at a severity of (0, 5]; below 1 a strength falls to 0, and anything else stays at its first step. */
export function settingOf(ladder: Ladder | number, severity: number, isStrength: boolean): number {
  const steps = typeof ladder === "number" ? [ladder, ladder, ladder, ladder, ladder] : ladder;
  if (severity < 1) return isStrength ? severity * steps[0]! : steps[0]!;
  const low = Math.min(3, Math.floor(severity) - 1);
  return steps[low]! + (severity - 1 - low) * (steps[low + 1]! - steps[low]!);
}

/** Parts keep their own seeds' streams: the noise of the one is not that of the other. */
export function defineComposite(definition: {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly group?: PerturbationGroup;
  readonly parts: readonly Part[];
}) {
  const { id, label, help, parts } = definition;
  return definePerturbation({
    id,
    label,
    help,
    group: definition.group ?? "film",
    strength: "severity",
    params: {
      severity: {
        label: "Severity",
        unit: "",
        min: 0,
        max: 5,
        step: 0.1,
        default: 2,
        help: "0 is off; 1 to 5 are five steps, and what lies between is in between.",
        inWords: (severity) =>
          severity === 0 ? "off" : parts.map((part) => inWords(part, severity)).join(", "),
      },
    },
    extra: {},
    transform(image, size, { severity }, random) {
      const seed = random.uint32();
      return parts.reduce((picture, { member, settings }) => {
        const params = Object.fromEntries(
          Object.entries(settings).map(([name, ladder]) => [
            name,
            settingOf(ladder, severity, name === member.strength),
          ]),
        );
        return member.apply(picture, size, params, seed);
      }, image);
    },
  });
}

/** "scatter 0.2": the strength of a part at a severity. */
function inWords({ member, settings }: Part, severity: number): string {
  const { label, strength, params } = member;
  const meta = params[strength]!;
  const value = settingOf(settings[strength] ?? meta.default, severity, true);
  const said = meta.inWords?.(value) ?? `${significant(value, 2)}${meta.unit && ` ${meta.unit}`}`;
  return `${label.toLowerCase()} ${said}`;
}
