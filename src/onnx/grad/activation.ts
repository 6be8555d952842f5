/** Gradient rules of activation functions. */
import { floatAttribute, textAttribute } from "../tensorData.ts";
import { asFloat } from "./elementwise.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** Rule of an activation y = f(x): dx = dy f'(x), from x and y. */
function activation(slope: (vjp: Vjp, x: string, y: string) => string): VjpRule {
  return (vjp) => vjp.only(vjp.mul(vjp.dy, slope(vjp, vjp.input(0), vjp.output())));
}

/** dy where the condition holds, 0 elsewhere. */
function masked(condition: (vjp: Vjp, x: string, zero: string) => string): VjpRule {
  return (vjp) => {
    const x = vjp.input(0);
    const zero = vjp.scalar(0, x);
    return vjp.only(vjp.op("Where", [condition(vjp, x, zero), vjp.dy, zero]));
  };
}

/** `inside` where x > 0, else `outside`. */
const bySign = (vjp: Vjp, x: string, inside: string, outside: string): string =>
  vjp.op("Where", [vjp.op("Greater", [x, vjp.scalar(0, x)]), inside, outside]);

/** d/dx of x Phi(x) = Phi(x) + x phi(x), Phi and phi of the standard normal. */
export function exactGeluSlope(vjp: Vjp, x: string): string {
  const cumulative = vjp.scale(
    vjp.add(vjp.op("Erf", [vjp.scale(x, Math.SQRT1_2, x)]), vjp.scalar(1, x)),
    0.5,
    x,
  );
  const density = vjp.scale(
    vjp.op("Exp", [vjp.scale(vjp.mul(x, x), -0.5, x)]),
    1 / Math.sqrt(2 * Math.PI),
    x,
  );
  return vjp.add(cumulative, vjp.mul(x, density));
}

/** d/dx of 0.5 x (1 + t), t = tanh(sqrt(2/pi) (x + 0.044715 x^3)). */
export function tanhGeluSlope(vjp: Vjp, x: string): string {
  const c = Math.sqrt(2 / Math.PI);
  const square = vjp.mul(x, x);
  const inner = vjp.mul(
    vjp.scale(x, c, x),
    vjp.add(vjp.scale(square, 0.044715, x), vjp.scalar(1, x)),
  );
  const t = vjp.op("Tanh", [inner]);
  const innerSlope = vjp.scale(vjp.add(vjp.scale(square, 3 * 0.044715, x), vjp.scalar(1, x)), c, x);
  const bend = vjp.mul(vjp.mul(x, innerSlope), vjp.sub(vjp.scalar(1, x), vjp.mul(t, t)));
  return vjp.scale(vjp.add(vjp.add(t, vjp.scalar(1, x)), bend), 0.5, x);
}

/** d/dx of x sigmoid(alpha x) = s + alpha x s (1 - s). */
export function swishSlope(vjp: Vjp, x: string, alpha: number): string {
  const s = vjp.op("Sigmoid", [vjp.scale(x, alpha, x)]);
  const bend = vjp.mul(vjp.scale(vjp.mul(x, s), alpha, x), vjp.sub(vjp.scalar(1, x), s));
  return vjp.add(s, bend);
}

/** PRelu: slope 1 above 0, the (broadcast) parameter below. */
function pRelu(vjp: Vjp): InputGradients {
  const [x, parameter] = [vjp.input(0), vjp.input(1)];
  const positive = vjp.op("Greater", [x, vjp.scalar(0, x)]);
  const dx = vjp.wants(0)
    ? vjp.op("Where", [positive, vjp.dy, vjp.mul(vjp.dy, parameter)])
    : undefined;
  const dp = vjp.wants(1)
    ? vjp.unbroadcast(
        vjp.op("Where", [positive, vjp.scalar(0, x), vjp.mul(vjp.dy, x)]),
        vjp.outputShape,
        vjp.shape(parameter),
      )
    : undefined;
  return [dx, dp];
}

/** d/dx of x tanh(softplus(x)). */
function mishSlope(vjp: Vjp, x: string): string {
  const t = vjp.op("Tanh", [vjp.op("Softplus", [x])]);
  const bend = vjp.mul(
    vjp.mul(x, vjp.op("Sigmoid", [x])),
    vjp.sub(vjp.scalar(1, x), vjp.mul(t, t)),
  );
  return vjp.add(t, bend);
}

/** 1 strictly between the bounds, else 0. */
function between(vjp: Vjp, x: string, low: number, high: number): string {
  const inside = vjp.op("And", [
    vjp.op("Greater", [x, vjp.scalar(low, x)]),
    vjp.op("Less", [x, vjp.scalar(high, x)]),
  ]);
  return asFloat(vjp, inside, x);
}

const alphaOf = (vjp: Vjp, fallback: number): number => floatAttribute(vjp.node, "alpha", fallback);

export const ACTIVATION_RULES: Readonly<Record<string, VjpRule>> = {
  Relu: masked((v, x, zero) => v.op("Greater", [x, zero])),
  ThresholdedRelu: masked((v, x) => v.op("Greater", [x, v.scalar(alphaOf(v, 1), x)])),
  LeakyRelu: activation((v, x) => bySign(v, x, v.scalar(1, x), v.scalar(alphaOf(v, 0.01), x))),
  PRelu: pRelu,
  // Below 0: y = alpha (e^x - 1), so the slope is y + alpha.
  Elu: activation((v, x, y) => bySign(v, x, v.scalar(1, x), v.add(y, v.scalar(alphaOf(v, 1), x)))),
  Selu: activation((v, x, y) => {
    const gamma = floatAttribute(v.node, "gamma", 1.0507009873554805);
    const alpha = alphaOf(v, 1.6732632423543772);
    return bySign(v, x, v.scalar(gamma, x), v.add(y, v.scalar(alpha * gamma, x)));
  }),
  Celu: activation((v, x) => {
    const small = v.op("Min", [x, v.scalar(0, x)]);
    return v.op("Exp", [v.scale(small, 1 / alphaOf(v, 1), x)]);
  }),
  Sigmoid: activation((v, x, y) => v.mul(y, v.sub(v.scalar(1, x), y))),
  // The output tells where it is cut off, for a slope of either sign.
  HardSigmoid: activation((v, _x, y) => v.scale(between(v, y, 0, 1), alphaOf(v, 0.2), y)),
  // x clip(x/6 + 1/2, 0, 1): slope x/3 + 1/2 inside (-3, 3), the gate outside.
  HardSwish: activation((v, x) => {
    const inside = v.add(v.scale(x, 1 / 3, x), v.scalar(0.5, x));
    const beyond = asFloat(v, v.op("GreaterOrEqual", [x, v.scalar(3, x)]), x);
    return v.add(v.mul(between(v, x, -3, 3), inside), beyond);
  }),
  Softplus: activation((v, x) => v.op("Sigmoid", [x])),
  Softsign: activation((v, x) => {
    const size = v.add(v.op("Abs", [x]), v.scalar(1, x));
    return v.op("Reciprocal", [v.mul(size, size)]);
  }),
  Mish: activation((v, x) => mishSlope(v, x)),
  Swish: activation((v, x) => swishSlope(v, x, alphaOf(v, 1))),
  Gelu: activation((v, x) =>
    textAttribute(v.node, "approximate", "none") === "tanh"
      ? tanhGeluSlope(v, x)
      : exactGeluSlope(v, x),
  ),
  Shrink: masked((v, x) => {
    const lambda = floatAttribute(v.node, "lambd", 0.5);
    return v.op("Greater", [v.op("Abs", [x]), v.scalar(lambda, x)]);
  }),
};
