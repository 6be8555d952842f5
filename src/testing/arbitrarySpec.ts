/** Random whole experiments, drawn over every table a spec is checked against. */
import * as fc from "fast-check";
import { ATTACKS } from "../attacks/registry.ts";
import type { AttackId } from "../attacks/registry.ts";
import { PARAMS, epsilonParam } from "../experiment/params.ts";
import {
  ATTACK_KNOWLEDGE,
  ATTACK_REGIONS,
  CERTIFIED_FEATURES,
  GOAL_AIMS,
} from "../experiment/specChoices.ts";
import {
  ANSWER_LOSSES,
  ATTENTION_LOSSES,
  ATTENTION_SIDES,
  FEATURE_LOSSES,
} from "../model/objective.ts";
import type {
  AttackItem,
  CaseSpec,
  ExperimentSpec,
  PerturbationItem,
  StackItem,
  Stroke,
} from "../experiment/spec.ts";
import { DEFENSES } from "../defenses/registry.ts";
import { INSTRUMENTS } from "../experiment/instruments/registry.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import type { ParamMeta } from "../system/param.ts";
import type { PerturbationId } from "../perturbations/registry.ts";
import { FINDINGS, FINDING_KINDS } from "../phantom/spec.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

const within = ({ min, max }: Range) =>
  fc.double({ min, max, noNaN: true }).map((x) => (Object.is(x, -0) ? 0 : x));

function param(meta: ParamMeta): fc.Arbitrary<number> {
  if (meta.choices) return fc.constantFrom(...meta.choices);
  return meta.integer ? fc.integer({ min: meta.min, max: meta.max }) : within(meta);
}

const seed = param(PARAMS["perturbation.seed"]);

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
    .map((digits) => digits.join(""));

const finding = fc.constantFrom(...FINDING_KINDS).chain((kind) =>
  fc.record(
    {
      kind: fc.constant(kind),
      ...(FINDINGS[kind].sided ? { side: fc.constantFrom("left" as const, "right" as const) } : {}),
      amount: within(FINDINGS[kind]),
    },
    { requiredKeys: ["kind"] },
  ),
);

const caseSpec: fc.Arbitrary<CaseSpec> = fc.oneof(
  fc.record({
    kind: fc.constant("phantom" as const),
    phantom: fc.record({
      seed,
      findings: fc.array(finding, { maxLength: 4 }),
    }),
  }),
  fc.record({ kind: fc.constant("file" as const), sha256: hex(64) }),
);

const point = fc.tuple(within({ min: 0, max: 1 }), within({ min: 0, max: 1 }));

export const arbitraryStroke: fc.Arbitrary<Stroke> = fc.record({
  points: fc.array(point, { minLength: 1, maxLength: 12 }),
  radius: within(PARAMS["stroke.radius"]),
  intensity: within(PARAMS["stroke.intensity"]),
  erase: fc.boolean(),
});

const perturbationItem: fc.Arbitrary<PerturbationItem> = fc
  .constantFrom(...(Object.keys(PERTURBATIONS) as PerturbationId[]))
  .chain((perturbation) =>
    fc.record({
      id: fc.constant("x"),
      type: fc.constant("perturbation" as const),
      perturbation: fc.constant(perturbation),
      enabled: fc.boolean(),
      seed,
      params: fc.record(
        Object.fromEntries(
          Object.entries(PERTURBATIONS[perturbation].params).map(([name, meta]) => [
            name,
            param(meta),
          ]),
        ),
      ),
      ...(perturbation === "paintedPatch"
        ? { strokes: fc.array(arbitraryStroke, { maxLength: 3 }) }
        : {}),
    }),
  );

const STAMP = { x: 0.5, y: 0.25, side: 0.2, degrees: 0 };
const stamp = fc.record({
  x: param(PARAMS["stamp.x"]),
  y: param(PARAMS["stamp.y"]),
  side: param(PARAMS["stamp.side"]),
  degrees: param(PARAMS["stamp.degrees"]),
});

const attackItem: fc.Arbitrary<AttackItem> = fc
  .constantFrom(...(Object.keys(ATTACKS) as AttackId[]))
  .chain((attack) =>
    fc.constantFrom(...ATTACKS[attack].norms).chain((norm) =>
      fc
        .record({
          id: fc.constant("x"),
          type: fc.constant("attack" as const),
          attack: fc.constant(attack),
          enabled: fc.boolean(),
          seed,
          norm: fc.constant(norm),
          epsilon: within(epsilonParam(norm, ATTACKS[attack])),
          ...Object.fromEntries(
            ATTACKS[attack].settings.map((name) => [name, param(PARAMS[`attack.${name}`])]),
          ),
          restarts: param(PARAMS["attack.restarts"]),
          goal: fc.oneof(
            fc.constant({ kind: "untargeted" as const }),
            fc.record({
              kind: fc.constantFrom("untargeted" as const),
              loss: fc.constantFrom(...ANSWER_LOSSES),
            }),
            fc.constant({ kind: "featureAway" as const }),
            fc.record({
              kind: fc.constant("featureTowards" as const),
              case: caseSpec,
              loss: fc.constantFrom(...FEATURE_LOSSES),
            }),
            fc.record(
              {
                kind: fc.constant("text" as const),
                text: fc.constantFrom("left", "no pneumothorax; “clear” lungs"),
                aim: fc.constantFrom(...GOAL_AIMS),
              },
              { requiredKeys: ["kind", "text"] },
            ),
            fc.record(
              {
                kind: fc.constant("attention" as const),
                mask: fc.constantFrom(...ATTACK_REGIONS),
                aim: fc.constantFrom(...GOAL_AIMS),
                of: fc.constantFrom(...ATTENTION_SIDES),
                loss: fc.constantFrom(...ATTENTION_LOSSES),
              },
              { requiredKeys: ["kind", "mask"] },
            ),
            fc.record({
              kind: fc.constant("targeted" as const),
              answer: fc.constantFrom("yes", "no"),
            }),
          ),
          region: fc.option(fc.constantFrom(...ATTACK_REGIONS), { nil: undefined }),
          stamp: fc.option(stamp, { nil: undefined }),
          foresees: fc.boolean(),
          knowledge: fc.option(fc.constantFrom(...ATTACK_KNOWLEDGE), { nil: undefined }),
        })
        .map(({ region, stamp, foresees, knowledge, ...rest }) => ({
          ...rest,
          ...(region && !ATTACKS[attack].needsRegion ? { region } : {}),
          ...(ATTACKS[attack].needsRegion || (stamp && !region) ? { stamp: stamp ?? STAMP } : {}),
          ...(foresees ? { foresees: true as const } : {}),
          ...(knowledge ? { knowledge } : {}),
        })),
    ),
  );

const stack: fc.Arbitrary<StackItem[]> = fc
  .array(fc.oneof(perturbationItem, attackItem), { maxLength: 5 })
  .map((items) => items.map((item, i) => ({ ...item, id: `item-${i}` })));

/** Members of a registry with settings of their own. */
function members(
  registry: Readonly<Record<string, { readonly params: Readonly<Record<string, ParamMeta>> }>>,
) {
  return fc.constantFrom(...Object.keys(registry)).chain((member) =>
    fc.record({
      member: fc.constant(member),
      enabled: fc.boolean(),
      seed,
      params: fc.record(
        Object.fromEntries(
          Object.entries(registry[member]!.params).map(([name, meta]) => [name, param(meta)]),
        ),
      ),
    }),
  );
}

export const arbitrarySpec: fc.Arbitrary<ExperimentSpec> = fc.record({
  version: fc.constant(3 as const),
  case: caseSpec,
  window: fc.oneof(
    fc.constantFrom({ kind: "file" as const }, { kind: "automatic" as const }),
    fc.record({
      kind: fc.constant("manual" as const),
      center: param(PARAMS["window.center"]),
      width: param(PARAMS["window.width"]),
    }),
  ),
  model: fc.record({
    id: fc.constantFrom("penumbra-1", "other"),
    precision: fc.constantFrom("fp32" as const, "int8" as const, "int4" as const),
  }),
  question: fc.string({ minLength: 1, maxLength: 60 }).filter((text) => /\S/.test(text)),
  stack,
  certificate: fc.record(
    {
      enabled: fc.boolean(),
      sigma: param(PARAMS["certificate.sigma"]),
      alpha: param(PARAMS["certificate.alpha"]),
      maxSamples: param(PARAMS["certificate.maxSamples"]),
      seed,
      feature: fc.constantFrom(...CERTIFIED_FEATURES),
      pilot: param(PARAMS["certificate.pilot"]),
    },
    { requiredKeys: ["enabled", "sigma", "alpha", "maxSamples", "seed"] },
  ),
  defenses: fc
    .array(members(DEFENSES), { maxLength: 3 })
    .map((items) =>
      items.map(({ member, ...rest }, i) => ({ id: `defense-${i}`, defense: member, ...rest })),
    ),
  relevance: fc.record({ enabled: fc.boolean() }),
  instruments: fc
    .uniqueArray(members(INSTRUMENTS), { maxLength: 3, selector: ({ member }) => member })
    .map((items) => items.map(({ member, ...rest }) => ({ instrument: member, ...rest }))),
});
