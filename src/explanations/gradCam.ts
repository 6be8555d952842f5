/**
 * Grad-CAM (Selvaraju et al. 2017) over tokens or pixels: channels weighted by their mean gradient, positive part kept.
 *
 * @param activations and `gradients` [channels, cells], channel by channel.
 * @returns [cells], not normalised.
 */
export function gradCam(
  activations: ArrayLike<number>,
  gradients: ArrayLike<number>,
  channels: number,
): Float32Array {
  const cells = activations.length / channels;
  const out = new Float64Array(cells);
  for (let channel = 0; channel < channels; channel++) {
    const first = channel * cells;
    let weight = 0;
    for (let i = 0; i < cells; i++) weight += gradients[first + i]! / cells;
    for (let i = 0; i < cells; i++) out[i]! += weight * activations[first + i]!;
  }
  return Float32Array.from(out, (value) => Math.max(0, value));
}

/** A token tensor [tokens, channels] as [channels, tokens], the order `gradCam` reads. */
export function channelsFirst(tokens: ArrayLike<number>, channels: number): Float32Array {
  const count = tokens.length / channels;
  const out = new Float32Array(tokens.length);
  for (let t = 0; t < count; t++) {
    for (let c = 0; c < channels; c++) out[c * count + t] = tokens[t * channels + c]!;
  }
  return out;
}
