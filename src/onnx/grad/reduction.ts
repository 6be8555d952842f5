/** Gradient rules of reductions over axes. */
import { intAttribute, intsAttribute } from "../tensorData.ts";
import { signOf } from "./elementwise.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

interface Reduction {
  readonly vjp: Vjp;
  /** Input, its shape, and the reduced axes. */
  readonly x: string;
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  /** Output and its gradient with the reduced axes kept at length 1, so that they broadcast against x. */
  readonly y: string;
  readonly dy: string;
}

/** A rule from dx = f(reduction); the axes are an attribute in old operator sets and an input in new ones. */
function reduce(gradient: (reduction: Reduction) => string): VjpRule {
  return (vjp: Vjp): InputGradients => {
    const shape = vjp.inputShape;
    const given = intsAttribute(vjp.node, "axes") ?? vjp.numbers(1) ?? [];
    // Without axes everything is reduced, or with this attribute each entry by itself (its square, logarithm, ...).
    const isAlone = given.length === 0 && intAttribute(vjp.node, "noop_with_empty_axes", 0) === 1;
    const axes =
      given.length === 0 && !isAlone
        ? shape.map((_, i) => i)
        : given.map((axis) => vjp.axis(axis, shape.length));
    const kept = shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
    const keeps = intAttribute(vjp.node, "keepdims", 1) === 1;
    const wide = (name: string): string => (keeps ? name : vjp.reshape(name, kept));
    return vjp.only(
      gradient({ vjp, x: vjp.input(0), shape, axes, y: wide(vjp.output()), dy: wide(vjp.dy) }),
    );
  };
}

const count = ({ shape, axes }: Reduction): number =>
  axes.reduce((product, axis) => product * shape[axis]!, 1);

/** Largest or smallest entry: shared equally among the entries that attain it. */
const extremum = ({ vjp, x, axes, y, dy }: Reduction): string => {
  const hit = vjp.cast(vjp.op("Equal", [x, y]), vjp.type(x));
  return vjp.mul(hit, vjp.div(dy, vjp.reduceSum(hit, axes, true)));
};

/** For each entry the product of all others along the axes; zeros are counted instead of divided by. */
function productOfOthers(vjp: Vjp, x: string, axes: readonly number[]): string {
  const zero = vjp.scalar(0, x);
  const one = vjp.scalar(1, x);
  const isZero = vjp.op("Equal", [x, zero]);
  const safe = vjp.op("Where", [isZero, one, x]);
  const zeros = vjp.reduceSum(vjp.cast(isZero, vjp.type(x)), axes, true);
  const product = vjp.reduceProd(safe, axes);
  const atZero = vjp.op("Where", [vjp.op("Equal", [zeros, one]), product, zero]);
  const elsewhere = vjp.op("Where", [vjp.op("Equal", [zeros, zero]), vjp.div(product, safe), zero]);
  return vjp.op("Where", [isZero, atZero, elsewhere]);
}

export const REDUCTION_RULES: Readonly<Record<string, VjpRule>> = {
  ReduceSum: reduce(({ vjp, shape, dy }) => vjp.expand(dy, shape)),
  ReduceMean: reduce((r) => r.vjp.expand(r.vjp.scale(r.dy, 1 / count(r), r.x), r.shape)),
  ReduceMax: reduce(extremum),
  ReduceMin: reduce(extremum),
  ReduceProd: reduce(({ vjp, x, axes, dy }) => vjp.mul(dy, productOfOthers(vjp, x, axes))),
  ReduceL1: reduce(({ vjp, x, dy }) => vjp.mul(dy, signOf(vjp, x))),
  // Not differentiable at a vector of zeros: 0 is a subgradient there.
  ReduceL2: reduce(({ vjp, x, y, dy }) => vjp.mul(dy, vjp.divideOrZero(x, y, x))),
  ReduceSumSquare: reduce(({ vjp, x, dy }) => vjp.mul(vjp.scale(dy, 2, x), x)),
  ReduceLogSum: reduce(({ vjp, shape, y, dy }) =>
    vjp.expand(vjp.div(dy, vjp.op("Exp", [y])), shape),
  ),
  ReduceLogSumExp: reduce(({ vjp, x, y, dy }) => vjp.mul(dy, vjp.op("Exp", [vjp.sub(x, y)]))),
};
