/** @file How sure a network is of each pixel, from its probabilities: confidence, entropy, margin, disagreement of views. */

/**
 * Probabilities [K, pixels] at a temperature: `p^(1/T)`, brought to a sum of 1 again, which is softmax(logits / T).
 *
 * The order of the classes stays, whatever the probabilities are a mean of.
 */
export function atTemperature(probabilities: Float32Array, classes: number, temperature: number): Float32Array {
  if (temperature === 1) return probabilities;
  const pixels = probabilities.length / classes;
  const out = new Float32Array(probabilities.length);
  const sums = new Float64Array(pixels);
  // Relative to the largest, so that nothing underflows that counts.
  const most = confidence(probabilities, classes).map(Math.log);
  // exp(log) takes less than half the time of a power.
  for (let k = 0, j = 0; k < classes; k++)
    for (let i = 0; i < pixels; i++, j++) {
      const power = Math.exp((Math.log(probabilities[j]!) - most[i]!) / temperature);
      out[j] = power;
      sums[i] = sums[i]! + power;
    }
  for (let k = 0, j = 0; k < classes; k++) for (let i = 0; i < pixels; i++, j++) out[j] = out[j]! / sums[i]!;
  return out;
}

/** A number for each pixel from the probabilities [K, pixels] of its classes. */
export type PixelMeasure = (probabilities: Float32Array, classes: number) => Float32Array;

/** The largest probability of each pixel: 1/K to 1. */
export const confidence: PixelMeasure = (probabilities, classes) => {
  const pixels = probabilities.length / classes;
  const out = probabilities.slice(0, pixels);
  for (let k = 1; k < classes; k++)
    for (let i = 0, j = k * pixels; i < pixels; i++, j++) if (probabilities[j]! > out[i]!) out[i] = probabilities[j]!;
  return out;
};

/** `-sum p ln p / ln K`: 0 where one class is certain, 1 where all are alike. */
export const entropy: PixelMeasure = (probabilities, classes) => {
  const pixels = probabilities.length / classes;
  const out = new Float32Array(pixels);
  const scale = classes > 1 ? 1 / Math.log(classes) : 0;
  for (let k = 0, j = 0; k < classes; k++)
    for (let i = 0; i < pixels; i++, j++) {
      const p = probabilities[j]!;
      if (p > 0) out[i] = out[i]! - p * Math.log(p) * scale;
    }
  return out;
};

/** 1 minus the gap between the two most probable classes: 0 where one is certain, 1 where two are alike. */
export const margin: PixelMeasure = (probabilities, classes) => {
  const pixels = probabilities.length / classes;
  const out = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    let [first, second] = [0, 0];
    for (let j = i; j < probabilities.length; j += pixels) {
      const p = probabilities[j]!;
      if (p > first) [first, second] = [p, first];
      else if (p > second) second = p;
    }
    out[i] = 1 - (first - second);
  }
  return out;
};

/** A share of 0 to 1 as a byte, for maps in PNG files. */
export const byteOf = (share: number): number => Math.round(255 * Math.min(1, Math.max(0, share)));
