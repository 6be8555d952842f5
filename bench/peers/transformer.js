/** The same vision transformer for TensorFlow.js, which reads no ONNX: shapes and operations as in networks.ts. */
export function transformer(tf, { size, width, heads, depth }) {
  const side = size / 16;
  const tokens = side * side + 1;
  const weight = (shape, scale, shift = 0) => tf.randomUniform(shape, shift - scale, shift + scale);
  const scale = Math.sqrt(3 / width);
  const linear = (from, to) => {
    const [w, b] = [weight([from, to], scale), weight([to], 0.02)];
    return (x) => tf.add(tf.matMul(x, w), b);
  };
  const norm = () => {
    const [gain, bias] = [weight([width], 0.1, 1), weight([width], 0.1)];
    return (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return x.sub(mean).mul(variance.add(1e-6).rsqrt()).mul(gain).add(bias);
    };
  };
  // A convolution with its stride as kernel is a product over patches.
  const patchWeight = weight([3 * 16 * 16, width], 0.06);
  const classToken = weight([1, width], 0.1);
  const positions = weight([tokens, width], 0.1);
  const layers = Array.from({ length: depth }, () => ({
    before: norm(),
    after: norm(),
    q: linear(width, width),
    k: linear(width, width),
    v: linear(width, width),
    out: linear(width, width),
    up: linear(width, 4 * width),
    down: linear(4 * width, width),
  }));
  const last = norm();
  const split = (x) => x.reshape([tokens, heads, width / heads]).transpose([1, 0, 2]);
  return (image) => {
    const patches = image
      .reshape([3, side, 16, side, 16])
      .transpose([1, 3, 0, 2, 4])
      .reshape([side * side, 3 * 16 * 16]);
    let x = tf.concat([classToken, tf.matMul(patches, patchWeight)]).add(positions);
    for (const layer of layers) {
      const y = layer.before(x);
      const scores = tf.matMul(split(layer.q(y)), split(layer.k(y)), false, true);
      const map = tf.softmax(scores.mul((width / heads) ** -0.5));
      const mixed = tf
        .matMul(map, split(layer.v(y)))
        .transpose([1, 0, 2])
        .reshape([tokens, width]);
      x = x.add(layer.out(mixed));
      const hidden = layer.up(layer.after(x));
      const gelu = hidden.mul(hidden.div(Math.SQRT2).erf().add(1)).mul(0.5);
      x = x.add(layer.down(gelu));
    }
    return last(x).slice([0, 0], [1, width]);
  };
}
