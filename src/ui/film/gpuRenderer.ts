/**
 * A film as a texture of its own values (WebGL 2, one 32-bit float a pixel) with its halves as levels: panning, zooming and
 * windowing change a few numbers, and no pixel is touched by this thread.
 */
import type { Tone } from "../../image/display.ts";
import { inverse } from "../picture/filmGeometry.ts";
import { levelFor } from "../picture/pyramid.ts";
import type { PyramidLevel } from "../picture/pyramid.ts";
import { INSPECTION_STEP, fit } from "./filmScene.ts";
import type { FilmRenderer } from "./filmScene.ts";

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D film;
uniform sampler2D curve;
uniform vec2 size;      // of the film, in its pixels
uniform vec4 turn;      // a b c d of device pixel -> film pixel
uniform vec2 shift;     // e f
uniform float height;   // of the canvas, whose rows count from below
uniform int level;      // of the texture
uniform float grain;    // film pixels a side of one of the level's
uniform bool isSmooth;
uniform bool isCurve;
uniform vec2 line;      // gain, offset; or the range of the curve
out vec4 colour;

float valueAt(ivec2 at) {
  ivec2 last = textureSize(film, level) - 1;
  return texelFetch(film, clamp(at, ivec2(0), last), level).r;
}

float shown(float value) {
  if (!isCurve) return value * line.x + line.y;
  int at = int(clamp(round((value - line.x) / (line.y - line.x) * 65535.0), 0.0, 65535.0));
  return texelFetch(curve, ivec2(at % 256, at / 256), 0).r;
}

void main() {
  vec2 at = vec2(gl_FragCoord.x, height - gl_FragCoord.y);
  vec2 point = vec2(turn.x * at.x + turn.z * at.y, turn.y * at.x + turn.w * at.y) + shift;
  if (point.x < 0.0 || point.y < 0.0 || point.x >= size.x || point.y >= size.y) {
    colour = vec4(0.0, 0.0, 0.0, 1.0);
    return;
  }
  vec2 fine = point / grain;
  float value;
  if (isSmooth) {
    vec2 middle = fine - 0.5;
    ivec2 corner = ivec2(floor(middle));
    vec2 part = middle - floor(middle);
    float above = mix(valueAt(corner), valueAt(corner + ivec2(1, 0)), part.x);
    float below = mix(valueAt(corner + ivec2(0, 1)), valueAt(corner + ivec2(1, 1)), part.x);
    value = mix(above, below, part.y);
  } else {
    value = valueAt(ivec2(floor(fine)));
  }
  colour = vec4(vec3(clamp(shown(value) / 255.0, 0.0, 1.0)), 1.0);
}`;

/** Undefined where WebGL 2 is missing or the film does not fit into its memory. */
export function gpuRenderer(
  canvas: HTMLCanvasElement,
  pyramid: readonly PyramidLevel[],
): FilmRenderer | undefined {
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
  if (!gl) return undefined;
  // A film larger than the largest texture is drawn from its halves.
  const limit = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  const first = pyramid.findIndex(({ cols, rows }) => Math.max(cols, rows) <= limit);
  const program = programOf(gl);
  if (first < 0 || !program) return undefined;
  const levels = pyramid.slice(first);
  const at = (name: string) => gl.getUniformLocation(program, name);
  gl.useProgram(program);
  uploadFilm(gl, levels);
  const curve = gl.createTexture();
  let range: Range | undefined;
  let loaded: Tone | undefined;
  gl.uniform1i(at("film"), 0);
  gl.uniform1i(at("curve"), 1);
  gl.uniform2f(at("size"), pyramid[0]!.cols, pyramid[0]!.rows);
  const uniforms = {
    turn: at("turn"),
    shift: at("shift"),
    height: at("height"),
    level: at("level"),
    grain: at("grain"),
    isSmooth: at("isSmooth"),
    isCurve: at("isCurve"),
    line: at("line"),
  };
  return {
    kind: "gpu",
    canvas,
    draw(scene) {
      const { matrix, step, tone } = scene;
      fit(canvas, scene);
      const { a, b, c, d, e, f } = inverse(matrix);
      const level = levelFor(step / 2 ** first, levels.length);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.uniform4f(uniforms.turn, a, b, c, d);
      gl.uniform2f(uniforms.shift, e, f);
      gl.uniform1f(uniforms.height, canvas.height);
      gl.uniform1i(uniforms.level, level);
      gl.uniform1f(uniforms.grain, 2 ** (level + first));
      gl.uniform1i(uniforms.isSmooth, step > INSPECTION_STEP ? 1 : 0);
      gl.uniform1i(uniforms.isCurve, tone.kind === "curve" ? 1 : 0);
      if (tone.kind === "line") gl.uniform2f(uniforms.line, tone.gain, tone.offset);
      else {
        // Nine million pixels are looked through for this, and most films are shown along a line.
        range ??= rangeOf(pyramid[0]!);
        gl.uniform2f(uniforms.line, range.low, range.high);
        if (loaded !== tone) uploadCurve(gl, curve, { tone, range });
        loaded = tone;
      }
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    },
    dispose: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function uploadFilm(gl: WebGL2RenderingContext, levels: readonly PyramidLevel[]): void {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  const [{ cols, rows }] = levels as [PyramidLevel];
  gl.texStorage2D(gl.TEXTURE_2D, levels.length, gl.R32F, cols, rows);
  nearest(gl, true);
  levels.forEach((level, index) => {
    const area = [gl.TEXTURE_2D, index, 0, 0, level.cols, level.rows] as const;
    gl.texSubImage2D(...area, gl.RED, gl.FLOAT, level.values);
  });
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** A curve as 65,536 levels over the film's values: exact where those are whole numbers of 16 bits. */
function uploadCurve(
  gl: WebGL2RenderingContext,
  texture: WebGLTexture | null,
  of: { readonly tone: Tone & { readonly kind: "curve" }; readonly range: Range },
): void {
  const { low, high } = of.range;
  const shown = Float32Array.from({ length: 65_536 }, (_, i) =>
    of.tone.levelOf(low + (i / 65_535) * (high - low)),
  );
  gl.activeTexture(gl.TEXTURE1);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  nearest(gl, false);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, 256, 256, 0, gl.RED, gl.FLOAT, shown);
}

/** Values are read one by one; floats cannot be filtered everywhere. A texture that promises levels it lacks reads as black. */
function nearest(gl: WebGL2RenderingContext, hasLevels: boolean): void {
  const small = hasLevels ? gl.NEAREST_MIPMAP_NEAREST : gl.NEAREST;
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, small);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}

/** Whole numbers of no more than 16 bits get one step each, anything else 65,535 steps over what there is. */
function rangeOf({ values }: PyramidLevel): Range {
  let [low, high, isWhole] = [Infinity, -Infinity, true];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
    isWhole &&= Number.isInteger(value);
  }
  return isWhole && high - low < 65_535 ? { low, high: low + 65_535 } : { low, high };
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram | undefined {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return undefined;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : undefined;
}
