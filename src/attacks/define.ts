/** Members of the registry out of their update rules. */
import type {
  AttackDescription,
  AttackProblem,
  AttackRule,
  Differentiated,
  GradientAttack,
  Queried,
  QueryAttack,
} from "./attack.ts";
import { search } from "./search.ts";

/** Makes a white-box member out of its update rule. */
export function defineGradientAttack(
  description: AttackDescription & { begin(problem: AttackProblem): AttackRule<Differentiated> },
): GradientAttack {
  const { begin, ...described } = description;
  return {
    ...described,
    access: "gradient",
    run: (oracle, origin, options, context) => {
      const counts = { gradientPasses: 0, queries: 0 };
      return search(described, { origin, options, context, counts }, (problem) => {
        const rule = begin(problem);
        return {
          ...rule,
          async visit(x, shown, step) {
            // The last point is only judged.
            if (step === problem.steps) {
              counts.queries++;
              return { loss: await oracle.loss(shown), next: undefined };
            }
            counts.gradientPasses++;
            // A linf picture is near its point everywhere; an l2 one moves few pixels, by more than the point does, and
            // its gradient leads less far (docs/decisions.md): the walk goes on from the point's own.
            const isFar = shown !== x && options.norm === "l2";
            const { loss, gradient } = await oracle.lossAndGradient(isFar ? x : shown);
            if (!isFar) return { loss, next: () => rule.next({ step, x, loss, gradient }) };
            counts.queries++;
            const seen = await oracle.loss(shown);
            // On which side of the border it is tells the picture, which is what is handed over: the point crosses it first,
            // and a walk that went by the point would turn back before any picture has flipped.
            const told = described.seeks === "smallest" ? seen : loss;
            return { loss: seen, next: () => rule.next({ step, x, loss: told, gradient }) };
          },
        };
      });
    },
  };
}

/** Makes a black-box member out of its update rule. */
export function defineQueryAttack(
  description: AttackDescription & { begin(problem: AttackProblem): AttackRule<Queried> },
): QueryAttack {
  const { begin, ...described } = description;
  return {
    ...described,
    access: "query",
    run: (oracle, origin, options, context) => {
      const counts = { gradientPasses: 0, queries: 0 };
      return search(described, { origin, options, context, counts }, (problem) => {
        const rule = begin(problem);
        return {
          ...rule,
          async visit(x, shown, step) {
            counts.queries++;
            const loss = await oracle.loss(shown);
            return { loss, next: () => rule.next({ step, x, loss }) };
          },
        };
      });
    },
  };
}
