/** Gradient rules of the fused operators (domain com.microsoft) that ORT's optimiser and some exporters write. */
import { attributeOf, floatAttribute, textAttribute } from "../tensorData.ts";
import { exactGeluSlope, swishSlope, tanhGeluSlope } from "./activation.ts";
import { convFrom } from "./conv.ts";
import { gemmFrom } from "./linalg.ts";
import { trilu } from "./movement.ts";
import { rmsNormalization, standardizedGradient } from "./normalization.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** An activation of x + bias: one slope, the bias gets the sum. */
function biased(slope: (vjp: Vjp, x: string) => string): VjpRule {
  return (vjp) => {
    const bias = vjp.input(1);
    const x = bias === "" ? vjp.input(0) : vjp.add(vjp.input(0), bias);
    const gradient = vjp.mul(vjp.dy, slope(vjp, x));
    return [
      vjp.wants(0) ? gradient : undefined,
      vjp.wants(1) ? vjp.unbroadcast(gradient, vjp.inputShape, vjp.shape(bias)) : undefined,
    ];
  };
}

/** SkipLayerNormalization(x, skip, gamma, beta, bias): normalizes x + skip + bias; output 3 is that sum. */
function skipNormalization(centered: boolean): VjpRule {
  return (vjp) => {
    const shape = vjp.inputShape;
    const axes = [shape.length - 1];
    const bias = vjp.input(centered ? 4 : 3);
    let sum = vjp.add(vjp.input(0), vjp.input(1));
    if (bias !== "") sum = vjp.add(sum, bias);
    const x = vjp.input(0);
    const shifted = centered ? vjp.sub(sum, vjp.mean(sum, shape, axes, x)) : sum;
    const variance = vjp.mean(vjp.mul(shifted, shifted), shape, axes, x);
    const epsilon = floatAttribute(vjp.node, "epsilon", 1e-12);
    const inverse = vjp.op("Reciprocal", [
      vjp.op("Sqrt", [vjp.add(variance, vjp.scalar(epsilon, x))]),
    ]);
    if (vjp.gradientOf(1) !== undefined || vjp.gradientOf(2) !== undefined) {
      throw vjp.unsupported("its statistics are differentiated");
    }
    const parts: string[] = [];
    const dy = vjp.gradientOf(0);
    if (dy !== undefined) {
      const gradient = vjp.mul(dy, vjp.input(2));
      const normalized = vjp.mul(shifted, inverse);
      parts.push(
        standardizedGradient(vjp, { gradient, normalized, inverse }, { shape, axes }, centered),
      );
    }
    const dSum = vjp.gradientOf(3);
    if (dSum !== undefined) parts.push(dSum);
    const total = parts.reduce((a, b) => vjp.add(a, b));
    return vjp.node.input.map((name, i) => {
      if (!vjp.wants(i)) return undefined;
      if (i > 1) throw vjp.unsupported(`input ${i} depends on the differentiated value`);
      return vjp.unbroadcast(total, shape, vjp.shape(name));
    });
  };
}

/** The gradient before a node's own activation, whose slope can be read off its output. */
function beforeActivation(vjp: Vjp): string {
  const { node } = vjp;
  const activation = textAttribute(node, "activation", "");
  const y = vjp.output();
  const zero = (): string => vjp.scalar(0, y);
  const where = (condition: string, otherwise: string): string =>
    vjp.op("Where", [condition, vjp.dy, otherwise]);
  switch (activation) {
    case "":
      return vjp.dy;
    case "Relu":
      return where(vjp.op("Greater", [y, zero()]), zero());
    case "LeakyRelu": {
      const [alpha = floatAttribute(node, "activation_alpha", 0.01)] = parametersOf(vjp);
      return where(vjp.op("Greater", [y, zero()]), vjp.mul(vjp.dy, vjp.scalar(alpha, y)));
    }
    case "Clip": {
      const [low = -Infinity, high = Infinity] = parametersOf(vjp);
      const inside = vjp.op("And", [
        vjp.op("Greater", [y, vjp.scalar(low, y)]),
        vjp.op("Less", [y, vjp.scalar(high, y)]),
      ]);
      return where(inside, zero());
    }
    case "HardSigmoid": {
      const [alpha = 0.2] = parametersOf(vjp);
      const inside = vjp.op("And", [
        vjp.op("Greater", [y, zero()]),
        vjp.op("Less", [y, vjp.scalar(1, y)]),
      ]);
      return vjp.mul(where(inside, zero()), vjp.scalar(alpha, y));
    }
    case "Sigmoid":
      return vjp.mul(vjp.dy, vjp.mul(y, vjp.sub(vjp.scalar(1, y), y)));
    case "Tanh":
      return vjp.mul(vjp.dy, vjp.sub(vjp.scalar(1, y), vjp.mul(y, y)));
    default:
      throw vjp.unsupported(`its activation is ${activation}`);
  }
}

/** What a FusedConv says of its activation: slope, or bounds. */
function parametersOf(vjp: Vjp): number[] {
  return [...(attributeOf(vjp.node, "activation_params")?.floats ?? [])];
}

/** FusedConv: a convolution, an optional sum, and an activation. */
function fusedConv(vjp: Vjp): InputGradients {
  const gradient = beforeActivation(vjp);
  const [dx, dw, db] = convFrom(vjp, gradient);
  return [dx, dw, db, vjp.wants(3) ? gradient : undefined];
}

export const MICROSOFT_FUSED_RULES: Readonly<Record<string, VjpRule>> = {
  Gelu: biased(exactGeluSlope),
  BiasGelu: biased(exactGeluSlope),
  FastGelu: biased(tanhGeluSlope),
  QuickGelu: (vjp) =>
    vjp.only(
      vjp.mul(vjp.dy, swishSlope(vjp, vjp.input(0), floatAttribute(vjp.node, "alpha", 1.702))),
    ),
  SkipLayerNormalization: skipNormalization(true),
  SkipSimplifiedLayerNormalization: skipNormalization(false),
  SimplifiedLayerNormalization: rmsNormalization,
  FusedConv: fusedConv,
  FusedGemm: (vjp) => gemmFrom(vjp, beforeActivation(vjp)),
  Trilu: trilu,
};
