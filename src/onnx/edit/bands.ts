/**
 * Frequency modules behind self-attention: what each attention mixes, X, is split over the grid of tokens into a low band (inside a
 * radius of its two-dimensional spectrum) and the rest, and becomes X + s LP + t HP. Both numbers are inputs; at 0 the graph
 * is what it was.
 */
import { LabError } from "../../errors/labError.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { findStateSites } from "../stateSites.ts";
import type { StateSite } from "../stateSites.ts";
import { rewire } from "./rewire.ts";

/** float32 scalar inputs of `withBands`: s and t. */
export const BAND_INPUTS = { low: "band_low", high: "band_high" } as const;

export interface TokenBands {
  readonly rows: number;
  readonly columns: number;
  /** Waves of at most this many periods across the picture are low; 0 is the mean alone. */
  readonly radius: number;
}

/**
 * The low-pass over a grid of tokens as a matrix [T, T] from the left, T = rows * columns: the discrete Fourier transform, its
 * frequencies within the radius, and back. Symmetric, and itself when applied twice.
 */
export function lowPassMatrix({ rows, columns, radius }: TokenBands): FloatTensor {
  const tokens = rows * columns;
  // By the difference of two places alone.
  const kernel = new Float64Array(tokens);
  for (let u = 0; u < rows; u++) {
    for (let v = 0; v < columns; v++) {
      const [fy, fx] = [Math.min(u, rows - u), Math.min(v, columns - v)];
      if (fy * fy + fx * fx > radius * radius + 1e-9) continue;
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const turns = (u * y) / rows + (v * x) / columns;
          kernel[y * columns + x]! += Math.cos(2 * Math.PI * turns) / tokens;
        }
      }
    }
  }
  const matrix = new Float32Array(tokens * tokens);
  for (let i = 0; i < tokens; i++) {
    for (let j = 0; j < tokens; j++) {
      const dy = (Math.floor(i / columns) - Math.floor(j / columns) + rows) % rows;
      const dx = ((i % columns) - (j % columns) + columns) % columns;
      matrix[i * tokens + j] = kernel[dy * columns + dx]!;
    }
  }
  return floatTensor(matrix, [tokens, tokens]);
}

/**
 * @param table shapes of the model's values
 * @throws LabError "model-incompatible" for a graph without self-attention over just the tokens of the grid
 */
export function withBands(model: ModelProto, bands: TokenBands, table: ShapeTable): ModelProto {
  const sites = bandSites(model, bands, table);
  const builder = new GraphBuilder(model);
  const [low, high] = [BAND_INPUTS.low, BAND_INPUTS.high].map((name) =>
    builder.addInput(name, ELEMENT_TYPE.float32, []),
  );
  addModules(builder, bands, { sites, gains: sites.map(() => ({ low: low!, high: high! })) });
  return builder.build();
}

/**
 * What each self-attention over the tokens of the grid mixes, [B, heads, T, d], in the order of computation.
 * @throws LabError "model-incompatible" where there is none
 */
export function bandSites(
  model: ModelProto,
  { rows, columns }: TokenBands,
  table: ShapeTable,
): readonly StateSite[] {
  const mixed = findStateSites(new GraphView(model), table).filter(
    ({ block, role, shape }) =>
      block === "attention" &&
      role === "output" &&
      shape.length === 4 &&
      shape[2] === rows * columns,
  );
  if (mixed.length > 0) return mixed;
  throw new LabError(
    "model-incompatible",
    `No self-attention of this encoder is over the ${rows} x ${columns} tokens of its grid alone, so its frequencies can't be split.`,
  );
}

/** Values that broadcast to what an attention mixes. */
export interface BandGains {
  readonly low: string;
  readonly high: string;
}

/** Puts a frequency module behind each site, in the order of the gains. */
export function addModules(
  builder: GraphBuilder,
  bands: TokenBands,
  { sites, gains }: { readonly sites: readonly StateSite[]; readonly gains: readonly BandGains[] },
): void {
  const changed = new Map(sites.map(({ name }) => [name, builder.fresh(`${name}/bands`)]));
  builder.setNodes(rewire(builder.nodes, changed));
  const filter = builder.constant(lowPassMatrix(bands), "low_pass");
  sites.forEach(({ name }, k) => {
    const { low, high } = gains[k]!;
    const lowPass = builder.add("MatMul", [filter, name]);
    const highPass = builder.add("Sub", [name, lowPass]);
    const more = builder.add("Add", [
      builder.add("Mul", [lowPass, low]),
      builder.add("Mul", [highPass, high]),
    ]);
    builder.add("Add", [name, more], { outputs: [changed.get(name)!] });
  });
}
