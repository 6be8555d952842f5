/** Gradient rules of matrix products: MatMul, Gemm, FusedMatMul, Einsum. */
import { floatAttribute, intAttribute, textAttribute } from "../tensorData.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import { broadcastShape } from "./vjp.ts";
import type { InputGradients, Vjp } from "./vjp.ts";

/** A matrix operand: a value of rank >= 2, read transposed (last two axes) or not. */
interface Operand {
  readonly name: string;
  readonly shape: readonly number[];
  readonly transposed: boolean;
}

const swapLast = (shape: readonly number[]): number[] => [
  ...shape.slice(0, -2),
  shape.at(-1)!,
  shape.at(-2)!,
];

/** op(a) op(b) where either operand may be read transposed, by the cheapest node of the target. */
function product(vjp: Vjp, a: Operand, b: Operand, alpha = 1): string {
  if (vjp.target === "wasm" && (a.transposed || b.transposed)) {
    return vjp.op("FusedMatMul", [a.name, b.name], {
      domain: "com.microsoft",
      attributes: {
        transA: { int: a.transposed ? 1 : 0 },
        transB: { int: b.transposed ? 1 : 0 },
        alpha: { float: alpha },
      },
    });
  }
  const plain = (operand: Operand): string =>
    operand.transposed ? transposedLast(vjp, operand.name, operand.shape) : operand.name;
  const c = vjp.op("MatMul", [plain(a), plain(b)]);
  return alpha === 1 ? c : vjp.mul(c, vjp.scalar(alpha, vjp.output()));
}

/** The value with its last two axes swapped; made once, however often it is read. */
function transposedLast(vjp: Vjp, name: string, shape: readonly number[]): string {
  return vjp.context.remember(`transposed:${name}`, () => {
    const order = shape.map((_, i) => i);
    order.splice(-2, 2, shape.length - 1, shape.length - 2);
    return vjp.transpose(name, order);
  });
}

const effective = (operand: Operand): readonly number[] =>
  operand.transposed ? swapLast(operand.shape) : operand.shape;

const flip = (operand: Operand): Operand => ({ ...operand, transposed: !operand.transposed });

/** Gradient of the operands of C = alpha op(A) op(B), each in its own stored layout. */
function productGradients(
  vjp: Vjp,
  [a, b]: readonly [Operand, Operand],
  alpha: number,
  gradient: string,
): InputGradients {
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const dc: Operand = {
    name: gradient,
    shape: [...batch, effective(a).at(-2)!, effective(b).at(-1)!],
    transposed: false,
  };
  const da = (): string => {
    // dA = dC B^T, or its transpose B dC^T when A is stored transposed.
    const full = a.transposed ? product(vjp, b, flip(dc), alpha) : product(vjp, dc, flip(b), alpha);
    return vjp.unbroadcast(full, [...batch, ...a.shape.slice(-2)], a.shape);
  };
  const db = (): string => {
    const full = b.transposed ? product(vjp, flip(dc), a, alpha) : product(vjp, flip(a), dc, alpha);
    return vjp.unbroadcast(full, [...batch, ...b.shape.slice(-2)], b.shape);
  };
  return [vjp.wants(0) ? da() : undefined, vjp.wants(1) ? db() : undefined];
}

/** MatMul with numpy's rules: a vector operand gains an axis of length 1 for the product and loses it after. */
function matMul(vjp: Vjp): InputGradients {
  return matrixProduct(vjp, false, false, 1);
}

function fusedMatMul(vjp: Vjp): InputGradients {
  const flag = (name: string): boolean => intAttribute(vjp.node, name, 0) === 1;
  if (flag("transBatchA") || flag("transBatchB")) {
    throw vjp.unsupported("it transposes batch axes");
  }
  return matrixProduct(vjp, flag("transA"), flag("transB"), floatAttribute(vjp.node, "alpha", 1));
}

function matrixProduct(vjp: Vjp, transA: boolean, transB: boolean, alpha: number): InputGradients {
  const shapeA = vjp.shape(vjp.input(0));
  const shapeB = vjp.shape(vjp.input(1));
  const fullA = shapeA.length === 1 ? [1, ...shapeA] : shapeA;
  const fullB = shapeB.length === 1 ? [...shapeB, 1] : shapeB;
  const a: Operand = {
    name: shapeA.length === 1 ? vjp.reshape(vjp.input(0), fullA) : vjp.input(0),
    shape: fullA,
    transposed: transA && shapeA.length > 1,
  };
  const b: Operand = {
    name: shapeB.length === 1 ? vjp.reshape(vjp.input(1), fullB) : vjp.input(1),
    shape: fullB,
    transposed: transB && shapeB.length > 1,
  };
  let gradient = vjp.dy;
  if (shapeA.length === 1 || shapeB.length === 1) {
    const batch = broadcastShape(fullA.slice(0, -2), fullB.slice(0, -2));
    gradient = vjp.reshape(gradient, [...batch, effective(a).at(-2)!, effective(b).at(-1)!]);
  }
  const [da, db] = productGradients(vjp, [a, b], alpha, gradient);
  return [
    da === undefined || shapeA.length > 1 ? da : vjp.reshape(da, shapeA),
    db === undefined || shapeB.length > 1 ? db : vjp.reshape(db, shapeB),
  ];
}

/** Gemm: Y = alpha op(A) op(B) + beta C. */
function gemm(vjp: Vjp): InputGradients {
  return gemmFrom(vjp, vjp.dy);
}

/** The same from another gradient of the product, as where an activation follows inside the node. */
export function gemmFrom(vjp: Vjp, gradient: string): InputGradients {
  const { node } = vjp;
  const operand = (i: number, attribute: string): Operand => ({
    name: vjp.input(i),
    shape: vjp.shape(vjp.input(i)),
    transposed: intAttribute(node, attribute, 0) === 1,
  });
  const [da, db] = productGradients(
    vjp,
    [operand(0, "transA"), operand(1, "transB")],
    floatAttribute(node, "alpha", 1),
    gradient,
  );
  const dc = vjp.wants(2)
    ? vjp.unbroadcast(
        vjp.scale(gradient, floatAttribute(node, "beta", 1), vjp.output()),
        vjp.outputShape,
        vjp.shape(vjp.input(2)),
      )
    : undefined;
  return [da, db, dc];
}

/**
 * Einsum: the gradient of one operand is the einsum of the output gradient with the other operands, onto the operand's
 * labels; labels that only this operand has were summed and are expanded back.
 */
function einsum(vjp: Vjp): InputGradients {
  const equation = equationOf(vjp);
  const sizes = new Map<string, number>();
  vjp.node.input.forEach((name, i) => {
    [...equation.terms[i]!].forEach((label, axis) => {
      sizes.set(label, Math.max(sizes.get(label) ?? 1, vjp.shape(name)[axis]!));
    });
  });
  const { terms, result, diagonals } = withoutDiagonals(vjp, equation, sizes);
  const names = [...vjp.node.input.map((_, i) => vjp.input(i)), ...diagonals];
  return vjp.node.input.map((name, i) => {
    if (!vjp.wants(i)) return undefined;
    const term = terms[i]!;
    const shape = vjp.shape(name);
    const others = names.filter((_, j) => j !== i);
    const otherTerms = terms.filter((_, j) => j !== i);
    const available = new Set([result, ...otherTerms].join(""));
    const kept = [...term].filter((label) => available.has(label));
    const backwards = `${[result, ...otherTerms].join(",")}->${kept.join("")}`;
    const back = vjp.op("Einsum", [vjp.dy, ...others], {
      attributes: { equation: { string: backwards } },
    });
    const full = [...term].map((label, axis) =>
      available.has(label) ? (sizes.get(label) ?? 1) : shape[axis]!,
    );
    if (kept.length === term.length) return vjp.unbroadcast(back, full, shape);
    const spread = full.map((size, axis) => (available.has(term[axis]!) ? size : 1));
    return vjp.unbroadcast(vjp.expand(vjp.reshape(back, spread), full), full, shape);
  });
}

interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/**
 * The same product without a label twice in one operand (a diagonal): the second one gets a letter of its own, and an
 * identity matrix over both joins the operands.
 */
function withoutDiagonals(
  vjp: Vjp,
  { terms, result }: Equation,
  sizes: Map<string, number>,
): Equation & { readonly diagonals: readonly string[] } {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];
  const used = new Set([...terms, result].join(""));
  const diagonals: string[] = [];
  const joining: string[] = [];
  const plain = terms.map((term) =>
    [...term]
      .map((label, axis) => {
        if (term.indexOf(label) === axis) return label;
        const other = letters.find((letter) => !used.has(letter));
        if (other === undefined) throw vjp.unsupported("its equation has too many labels");
        used.add(other);
        const size = sizes.get(label) ?? 1;
        sizes.set(other, size);
        joining.push(label + other);
        diagonals.push(identityMatrix(vjp, size));
        return other;
      })
      .join(""),
  );
  return { terms: [...plain, ...joining], result, diagonals };
}

function identityMatrix(vjp: Vjp, size: number): string {
  const data = new Float32Array(size * size);
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  const matrix = vjp.tensor({ dtype: "float32", data, shape: [size, size] });
  const type = vjp.type(vjp.output());
  return type === ELEMENT_TYPE.float32 ? matrix : vjp.cast(matrix, type);
}

/** The labels of each operand and of the result, an ellipsis written out as letters not used elsewhere. */
function equationOf(vjp: Vjp): Equation {
  const equation = textAttribute(vjp.node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const unused = [..."zyxwvutsrqponmlkjihgfedcba"].filter((letter) => !equation.includes(letter));
  const terms = left.split(",");
  // Ellipsis axes align at the end, like broadcasting.
  const hidden = terms.map((term, i) =>
    term.includes("...") ? vjp.shape(vjp.input(i)).length - (term.length - 3) : 0,
  );
  const letters = (count: number): string => unused.slice(0, count).reverse().join("");
  const most = letters(Math.max(0, ...hidden));
  const result = right ?? (left.includes("...") ? "..." : "") + implicitResult(left);
  return {
    terms: terms.map((term, i) => term.replace("...", letters(hidden[i]!))),
    result: result.replace("...", most),
  };
}

function implicitResult(left: string): string {
  const labels = [...left.replaceAll(",", "").replaceAll(".", "")];
  return [...new Set(labels)]
    .filter((label) => labels.filter((other) => other === label).length === 1)
    .sort()
    .join("");
}

export const LINALG_RULES = { MatMul: matMul, Gemm: gemm, Einsum: einsum } as const;
export const MICROSOFT_LINALG_RULES = { FusedMatMul: fusedMatMul } as const;
