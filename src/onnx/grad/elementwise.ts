/** Gradient rules of elementwise operators: arithmetic, powers, exponentials, trigonometry, selection. */
import { isFloatType } from "../elementTypes.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import { intAttribute, numbersOf } from "../tensorData.ts";
import { broadcastShape } from "./vjp.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** Rule of y = f(x) from an expression of dy, x and y. */
function unary(gradient: (vjp: Vjp, dy: string, x: string, y: string) => string): VjpRule {
  return (vjp) => [gradient(vjp, vjp.dy, vjp.input(0), vjp.output())];
}

/** Rule of a broadcasting z = f(a, b): one expression per input, summed back to the input's shape. */
function binary(a: (vjp: Vjp, dy: string) => string, b: (vjp: Vjp, dy: string) => string): VjpRule {
  return (vjp) => {
    const shape = vjp.outputShape;
    return [a, b].map((gradient, i) =>
      vjp.wants(i)
        ? vjp.unbroadcast(gradient(vjp, vjp.dy), shape, vjp.shape(vjp.input(i)))
        : undefined,
    );
  };
}

/** 1 where the boolean value holds, else 0, in the element type of `like`. */
export function asFloat(vjp: Vjp, condition: string, like: string): string {
  return vjp.cast(condition, vjp.type(like));
}

/**
 * A gradient that is 0 wherever the incoming one is: a branch that a mask or a Where leaves out counts for nothing, even
 * where its own slope is infinite.
 */
function masked(vjp: Vjp, dy: string, gradient: string, like: string): string {
  const zero = vjp.scalar(0, like);
  return vjp.op("Where", [vjp.op("Equal", [dy, zero]), zero, gradient]);
}

/** Rule of y = f(x) whose slope may be infinite or undefined somewhere. */
function unaryWithPole(gradient: (vjp: Vjp, dy: string, x: string, y: string) => string): VjpRule {
  return (vjp) => [
    masked(vjp, vjp.dy, gradient(vjp, vjp.dy, vjp.input(0), vjp.output()), vjp.input(0)),
  ];
}

const one = (vjp: Vjp, like: string): string => vjp.scalar(1, like);
const square = (vjp: Vjp, x: string): string => vjp.mul(x, x);

/** For a quotient: see `masked`. A constant divisor without zeros needs no care. */
function withoutPole(vjp: Vjp, dy: string, gradient: string): string {
  const divisor = vjp.context.valueOf(vjp.input(1));
  const isSafe = divisor !== undefined && numbersOf(divisor).every((value) => value !== 0);
  return isSafe ? gradient : masked(vjp, dy, gradient, vjp.output());
}

/** Pow(x, p): p x^(p-1) for x, and y ln(x) for p: 0 at x = 0, no number below, where a power
 * of a negative base is defined at whole exponents alone (as PyTorch has it). */
function pow(vjp: Vjp): InputGradients {
  const [x, p] = [vjp.input(0), vjp.input(1)];
  const shape = vjp.outputShape;
  let dx: string | undefined;
  if (vjp.wants(0)) {
    const value = vjp.context.valueOf(p);
    const numbers = value === undefined ? [] : numbersOf(value);
    let hasPole = false;
    const exponent = numbers.every((v) => v === numbers[0]) ? numbers[0] : undefined;
    let slope: string;
    if (exponent === 0) slope = vjp.scalar(0, x);
    else if (exponent === 1) slope = one(vjp, x);
    else if (exponent === 2) slope = vjp.scale(x, 2, x);
    else if (exponent === 3) slope = vjp.scale(square(vjp, x), 3, x);
    else if (exponent === undefined) {
      hasPole = true;
      const power = vjp.type(p) === vjp.type(x) ? p : vjp.cast(p, vjp.type(x));
      slope = vjp.mul(power, vjp.op("Pow", [x, vjp.sub(power, one(vjp, x))]));
    } else {
      hasPole = exponent < 1 || !Number.isInteger(exponent);
      slope =
        exponent === 0.5
          ? vjp.div(vjp.scalar(0.5, x), vjp.output())
          : vjp.scale(vjp.op("Pow", [x, vjp.scalar(exponent - 1, x)]), exponent, x);
    }
    const full = vjp.mul(vjp.dy, slope);
    dx = vjp.unbroadcast(hasPole ? masked(vjp, vjp.dy, full, x) : full, shape, vjp.shape(x));
  }
  let dp: string | undefined;
  if (vjp.wants(1)) {
    const isZero = vjp.op("Equal", [x, vjp.scalar(0, x)]);
    const safe = vjp.op("Where", [isZero, one(vjp, x), x]);
    const slope = vjp.mul(vjp.output(), vjp.op("Log", [safe]));
    dp = vjp.unbroadcast(vjp.mul(vjp.dy, slope), shape, vjp.shape(p));
  }
  return [dx, dp];
}

/** Where(c, a, b): the gradient goes to whichever was taken. */
function where(vjp: Vjp): InputGradients {
  const condition = vjp.input(0);
  const shape = vjp.outputShape;
  const zero = vjp.scalar(0, vjp.output());
  const pick = (i: number, taken: boolean): string | undefined =>
    vjp.wants(i)
      ? vjp.unbroadcast(
          vjp.op("Where", taken ? [condition, vjp.dy, zero] : [condition, zero, vjp.dy]),
          shape,
          vjp.shape(vjp.input(i)),
        )
      : undefined;
  return [undefined, pick(1, true), pick(2, false)];
}

/**
 * Clip(x, lo, hi) = min(max(x, lo), hi): x keeps its gradient where lo <= x <= hi, as PyTorch has it; elsewhere it goes to
 * the bound that shows.
 */
function clip(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const [low, high] = [vjp.input(1), vjp.input(2)];
  const zero = vjp.scalar(0, x);
  const sum = (i: number, gradient: string): string | undefined =>
    vjp.wants(i)
      ? vjp.unbroadcast(gradient, vjp.outputShape, vjp.shape(vjp.node.input[i]!))
      : undefined;
  let gradient = vjp.dy;
  let dHigh: string | undefined;
  let dLow: string | undefined;
  if (high !== "") {
    const raised = low === "" ? x : vjp.op("Max", [x, low]);
    const isAbove = vjp.op("Greater", [raised, high]);
    dHigh = sum(2, vjp.op("Where", [isAbove, gradient, zero]));
    gradient = vjp.op("Where", [isAbove, zero, gradient]);
  }
  if (low !== "") {
    const isBelow = vjp.op("Less", [x, low]);
    dLow = sum(1, vjp.op("Where", [isBelow, gradient, zero]));
    gradient = vjp.op("Where", [isBelow, zero, gradient]);
  }
  return [vjp.wants(0) ? gradient : undefined, dLow, dHigh];
}

/** Min and Max of any number of inputs: shared equally among those that attain it (PyTorch's maximum). */
function extremum(vjp: Vjp): InputGradients {
  const y = vjp.output();
  const shape = vjp.outputShape;
  const hits = vjp.node.input.map((_, i) => asFloat(vjp, vjp.op("Equal", [vjp.input(i), y]), y));
  const count = hits.reduce((a, b) => vjp.add(a, b));
  const share = vjp.div(vjp.dy, count);
  return hits.map((hit, i) =>
    vjp.wants(i)
      ? vjp.unbroadcast(
          vjp.mul(share, hit),
          broadcastShape(shape, vjp.shape(vjp.input(i))),
          vjp.shape(vjp.input(i)),
        )
      : undefined,
  );
}

/** Sum and Mean of any number of broadcast inputs. */
function variadic(vjp: Vjp, factor: number): InputGradients {
  const gradient = vjp.scale(vjp.dy, factor, vjp.output());
  return vjp.node.input.map((name, i) =>
    vjp.wants(i) ? vjp.unbroadcast(gradient, vjp.outputShape, vjp.shape(name)) : undefined,
  );
}

/** Mod: d(a mod b)/da = 1, and -quotient for b. */
const mod: VjpRule = (vjp) => {
  const [a, b] = [vjp.input(0), vjp.input(1)];
  const shape = vjp.outputShape;
  const quotient = (): string => vjp.div(vjp.sub(a, vjp.output()), b);
  return [
    vjp.wants(0) ? vjp.unbroadcast(vjp.dy, shape, vjp.shape(a)) : undefined,
    vjp.wants(1)
      ? vjp.unbroadcast(vjp.neg(vjp.mul(vjp.dy, quotient())), shape, vjp.shape(b))
      : undefined,
  ];
};

/** Sign of x as a number; WebGPU has no Sign kernel, so it is made of comparisons. */
export function signOf(vjp: Vjp, x: string): string {
  if (vjp.target === "wasm") return vjp.op("Sign", [x]);
  const zero = vjp.scalar(0, x);
  const up = asFloat(vjp, vjp.op("Greater", [x, zero]), x);
  return vjp.sub(up, asFloat(vjp, vjp.op("Less", [x, zero]), x));
}

/** CumSum: the cumulative sum of the gradient in the other direction. */
function cumSum(vjp: Vjp): InputGradients {
  const exclusive = intAttribute(vjp.node, "exclusive", 0);
  const reverse = intAttribute(vjp.node, "reverse", 0);
  return vjp.only(
    vjp.op("CumSum", [vjp.dy, vjp.input(1)], {
      attributes: { exclusive: { int: exclusive }, reverse: { int: reverse === 1 ? 0 : 1 } },
    }),
  );
}

/** Cast and CastLike between floats, from integers of a quantized path to floats, or to wider integers. */
function cast(vjp: Vjp): InputGradients {
  const from = vjp.type(vjp.input(0));
  const to = vjp.type(vjp.output());
  if (isFloatType(from)) {
    if (!isFloatType(to)) throw vjp.unsupported(`it casts to element type ${to}`);
    return vjp.only(vjp.cast(vjp.dy, from));
  }
  // An integer on the path is a quantized value: its gradient stays a float. A narrower integer would wrap around.
  const isWide = isFloatType(to) || to === ELEMENT_TYPE.int32 || to === ELEMENT_TYPE.int64;
  if (!isWide) throw vjp.unsupported("it casts quantized integers to narrower ones");
  return vjp.only(vjp.dy);
}

const inverseHyperbolic = (sign: 1 | -1): VjpRule =>
  unaryWithPole((v, dy, x) => v.div(dy, v.op("Sqrt", [v.add(square(v, x), v.scalar(sign, x))])));

const inverseTrigonometric = (sign: 1 | -1): VjpRule =>
  unaryWithPole((v, dy, x) =>
    v.div(v.scale(dy, sign, x), v.op("Sqrt", [v.sub(one(v, x), square(v, x))])),
  );

export const ELEMENTWISE_RULES: Readonly<Record<string, VjpRule>> = {
  Identity: unary((_v, dy) => dy),
  Add: binary(
    (_v, dy) => dy,
    (_v, dy) => dy,
  ),
  Sub: binary(
    (_v, dy) => dy,
    (v, dy) => v.neg(dy),
  ),
  Mul: binary(
    (v, dy) => v.mul(dy, v.input(1)),
    (v, dy) => v.mul(dy, v.input(0)),
  ),
  Div: binary(
    (v, dy) => withoutPole(v, dy, v.div(dy, v.input(1))),
    (v, dy) => withoutPole(v, dy, v.neg(v.div(v.mul(dy, v.output()), v.input(1)))),
  ),
  Pow: pow,
  Mod: mod,
  Sum: (vjp) => variadic(vjp, 1),
  Mean: (vjp) => variadic(vjp, 1 / vjp.node.input.length),
  Min: extremum,
  Max: extremum,
  Where: where,
  Clip: clip,
  Neg: unary((v, dy) => v.neg(dy)),
  Abs: unary((v, dy, x) => v.mul(dy, signOf(v, x))),
  Sqrt: unaryWithPole((v, dy, _x, y) => v.div(v.scale(dy, 0.5, y), y)),
  Reciprocal: unaryWithPole((v, dy, _x, y) => v.neg(v.mul(dy, square(v, y)))),
  Exp: unary((v, dy, _x, y) => v.mul(dy, y)),
  Log: unaryWithPole((v, dy, x) => v.div(dy, x)),
  Sin: unary((v, dy, x) => v.mul(dy, v.op("Cos", [x]))),
  Cos: unary((v, dy, x) => v.neg(v.mul(dy, v.op("Sin", [x])))),
  Tan: unary((v, dy, _x, y) => v.mul(dy, v.add(one(v, y), square(v, y)))),
  Asin: inverseTrigonometric(1),
  Acos: inverseTrigonometric(-1),
  Atan: unary((v, dy, x) => v.div(dy, v.add(one(v, x), square(v, x)))),
  Sinh: unary((v, dy, x) => v.mul(dy, v.op("Cosh", [x]))),
  Cosh: unary((v, dy, x) => v.mul(dy, v.op("Sinh", [x]))),
  Asinh: inverseHyperbolic(1),
  Acosh: inverseHyperbolic(-1),
  Atanh: unaryWithPole((v, dy, x) => v.div(dy, v.sub(one(v, x), square(v, x)))),
  Tanh: unary((v, dy, _x, y) => v.mul(dy, v.sub(one(v, y), square(v, y)))),
  Erf: unary((v, dy, x) =>
    v.mul(dy, v.scale(v.op("Exp", [v.neg(square(v, x))]), 2 / Math.sqrt(Math.PI), x)),
  ),
  CumSum: cumSum,
  Cast: cast,
  CastLike: cast,
};
