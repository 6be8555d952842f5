/** Convolutions with channels last, as onnxruntime's fusion_nhwc_conv.py writes them, against the plain ones that it replaced, run by ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { serializeModel } from "./file.ts";
import { GraphView } from "./graph.ts";
import { prepareGraph } from "./inline.ts";
import type { Attributes, ModelProto } from "./messages.ts";

interface Form {
  readonly note: string;
  readonly op: string;
  /** What the optimiser had before it. */
  readonly plain: { readonly op: string; readonly domain?: string };
  readonly picture: readonly number[];
  readonly filters?: readonly number[];
  readonly bias?: boolean;
  readonly attributes: Attributes;
  /** Shape of a sum that is added before the activation. */
  readonly added?: readonly number[];
}

const conv = { op: "Conv" };
const fused = { op: "FusedConv", domain: "com.microsoft" };
const FORMS: readonly Form[] = [
  {
    note: "strides, padding and a bias",
    op: "NhwcConv",
    plain: conv,
    picture: [1, 3, 7, 6],
    filters: [4, 3, 3, 2],
    bias: true,
    attributes: {
      kernel_shape: { ints: [3, 2] },
      strides: { ints: [2, 1] },
      pads: { ints: [1, 0, 1, 1] },
    },
  },
  {
    note: "groups and gaps, its kernel's shape not written",
    op: "NhwcConv",
    plain: conv,
    picture: [1, 4, 7, 7],
    filters: [6, 2, 2, 2],
    attributes: { group: { int: 2 }, dilations: { ints: [2, 1] } },
  },
  {
    note: "one filter a channel",
    op: "NhwcConv",
    plain: conv,
    picture: [1, 3, 6, 6],
    filters: [3, 1, 3, 3],
    attributes: { group: { int: 3 }, pads: { ints: [1, 1, 1, 1] } },
  },
  {
    note: "a sum and an activation",
    op: "NhwcFusedConv",
    plain: fused,
    picture: [1, 2, 5, 5],
    filters: [3, 2, 3, 3],
    bias: true,
    attributes: { activation: { string: "Sigmoid" } },
    added: [1, 3, 3, 3],
  },
  {
    note: "windows",
    op: "NhwcMaxPool",
    plain: { op: "MaxPool" },
    picture: [1, 2, 6, 6],
    attributes: { kernel_shape: { ints: [2, 3] }, strides: { ints: [2, 1] } },
  },
];

/** A picture [1, C, H, W] through the operator; turned before and after where channels stand last. */
function graphOf(form: Form, isLast: boolean): ModelProto {
  const { op, plain, picture, filters, bias = false, attributes, added } = form;
  return tinyGraph(17, (b) => {
    const turned = (x: string, perm: readonly number[]) =>
      isLast ? b.add("Transpose", [x], { attributes: { perm: { ints: perm } } }) : x;
    const last = [0, 2, 3, 1];
    const inputs = [turned(floatInput(b, "x", picture), last)];
    if (filters !== undefined) {
      const weight = b.constant(randomTensor(3, filters, 0.5));
      inputs.push(op === "NhwcConv" ? turned(weight, last) : weight);
    }
    if (bias) inputs.push(b.constant(randomTensor(4, [filters![0]!])));
    if (added !== undefined) inputs.push(turned(floatInput(b, "z", added), last));
    const y = b.add(isLast ? op : plain.op, inputs, {
      attributes,
      domain: isLast ? "com.microsoft" : (plain.domain ?? ""),
    });
    b.addOutput(turned(y, [0, 3, 1, 2]));
  });
}

describe("channels that stand last", () => {
  it.each(FORMS.map((form) => [`${form.op}, ${form.note}`, form] as const))(
    "%s",
    async (_, form) => {
      const feeds = {
        x: randomTensor(11, form.picture),
        ...(form.added && { z: randomTensor(12, form.added) }),
      };
      const given = graphOf(form, true);
      const { model } = await prepareGraph(given, nativeRunner, { feeds });
      expect(new GraphView(model).nodes.map(({ opType }) => opType)).not.toContain(form.op);
      const plain = graphOf(form, false);
      const [made] = Object.values(await nativeRunner(serializeModel(model), feeds));
      const [known] = Object.values(await nativeRunner(serializeModel(plain), feeds));
      expect(made!.shape).toEqual(known!.shape);
      expect([...made!.data]).toEqual([...known!.data]);

      const wrt = Object.keys(feeds);
      const mine = await checkCase({ model, feeds, wrt });
      const theirs = await checkCase({ model: plain, feeds, wrt });
      for (const name of wrt) {
        expect(mine.checks[name]!.ok).toBe(true);
        expect(mine.gradients[name]!.some((value) => value !== 0)).toBe(true);
        mine.gradients[name]!.forEach((value, i) =>
          expect(value).toBeCloseTo(theirs.gradients[name]![i]!, 5),
        );
      }
    },
  );

  it("are found inside a branch", async () => {
    const [form] = FORMS as [Form];
    const model = tinyGraph(17, (b) => {
      floatInput(b, "x", form.picture);
      const condition = b.constant({ dtype: "bool", data: Uint8Array.of(1), shape: [] });
      const branch = graphOf(form, true).graph!;
      branch.input = [];
      const attributes = { then_branch: { graph: branch }, else_branch: { graph: branch } };
      b.addOutput(b.add("If", [condition], { attributes }));
    });
    const { model: flat } = await prepareGraph(model, nativeRunner, {
      feeds: { x: randomTensor(11, form.picture) },
    });
    expect(new GraphView(flat).nodes.map(({ opType }) => opType)).toContain("Conv");
  });
});
