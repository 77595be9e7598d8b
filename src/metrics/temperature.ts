/**
 * @file Temperature scaling: the one number T for which softmax(logits / T) is calibrated best, and the scores of logits at a
 * temperature (Guo et al. 2017, https://arxiv.org/abs/1706.04599). It changes how sure a network is, never what it predicts.
 */
import { DataError, ShapeError } from "../errors/index.js";
import { isClass, requireClassCount } from "./label-map.js";
import { type CalibrationOptions, type CalibrationScores, CalibrationTally, usualBins } from "./reliability.js";

/** Logits with their true classes. */
export interface LabelledLogits {
  /** [pixels, K]; log-probabilities do as well. */
  readonly logits: Float32Array | Float64Array;
  readonly labels: ArrayLike<number>;
  readonly numClasses: number;
}

/** Temperatures that are tried: what would lie beyond is a sample without errors, or one of noise. */
export const temperatureRange = [0.01, 100] as const;

/** @throws ShapeError when there is not one row of logits for each label. */
function requireRows({ logits, labels, numClasses }: LabelledLogits): void {
  requireClassCount(numClasses);
  if (logits.length !== labels.length * numClasses)
    throw new ShapeError({
      found: `${logits.length} logits and ${labels.length} labels`,
      expected: `${numClasses} logits for each label`,
    });
}

/** Places of the labels that count. */
function counted({ labels, numClasses }: LabelledLogits, ignoreIndex: number | undefined): Uint32Array {
  const places: number[] = [];
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== ignoreIndex && isClass(labels[i]!, numClasses)) places.push(i);
  return Uint32Array.from(places);
}

/** Writes softmax(logits / T) of the row at `from`, in float64. */
function softmaxInto(out: Float64Array, logits: ArrayLike<number>, from: number, inverse: number): void {
  const classes = out.length;
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) if (logits[from + k]! > top) top = logits[from + k]!;
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    out[k] = Math.exp((logits[from + k]! - top) * inverse);
    sum += out[k]!;
  }
  for (let k = 0; k < classes; k++) out[k] = out[k]! / sum;
}

/** First and second derivative of the mean negative log-likelihood by the inverse temperature b. */
function derivatives(
  { logits, labels, numClasses }: LabelledLogits,
  places: Uint32Array,
  inverse: number,
): readonly [first: number, second: number] {
  const p = new Float64Array(numClasses);
  let [first, second] = [0, 0];
  for (const i of places) {
    const from = i * numClasses;
    softmaxInto(p, logits, from, inverse);
    // d/db (logsumexp(b z) - b z_y) = E[z] - z_y, and its derivative Var[z]; moments about z_y, which lose fewer digits.
    const own = logits[from + labels[i]!]!;
    let [mean, square] = [0, 0];
    for (let k = 0; k < numClasses; k++) {
      const z = logits[from + k]! - own;
      mean += p[k]! * z;
      square += p[k]! * z * z;
    }
    first += mean;
    second += square - mean * mean;
  }
  return [first / places.length, second / places.length];
}

/**
 * The temperature with the least negative log-likelihood.
 *
 * The likelihood is convex in 1/T: Newton's steps inside a bracket, halved on the logarithmic scale where a step leaves it.
 *
 * @returns a bound of `temperatureRange` when the optimum lies beyond it
 * @throws ShapeError when logits and labels do not fit, DataError when no label counts.
 */
export function fitTemperature(sample: LabelledLogits, ignoreIndex?: number): number {
  requireRows(sample);
  const places = counted(sample, ignoreIndex);
  if (places.length === 0)
    throw new DataError({ expected: "labels to fit a temperature to", found: "every label is void" });
  const [hottest, coldest] = [1 / temperatureRange[1], 1 / temperatureRange[0]];
  if (derivatives(sample, places, hottest)[0] >= 0) return temperatureRange[1];
  if (derivatives(sample, places, coldest)[0] <= 0) return temperatureRange[0];
  let [low, high, inverse] = [hottest, coldest, 1];
  for (let iteration = 0; iteration < 200; iteration++) {
    const [first, second] = derivatives(sample, places, inverse);
    if (first < 0) low = inverse;
    else high = inverse;
    const step = inverse - first / second;
    // Not the comparison's negation: a step that is no number is outside too.
    const next = step > low && step < high ? step : Math.sqrt(low * high);
    const isDone = Math.abs(next - inverse) <= 1e-14 * inverse || first === 0;
    inverse = first === 0 ? inverse : next;
    if (isDone) break;
  }
  return 1 / inverse;
}

/** Scores of a sample that is in memory. */
export interface SampleCalibration extends CalibrationScores {
  /** The expected calibration error over bins that hold equally many predictions. */
  readonly eceEqualMass: number;
}

/** Sorted by confidence and split into parts of equal size, the first ones one longer, as `numpy.array_split` does. */
function equalMassError(confidences: Float64Array, hits: Uint8Array, bins: number): number {
  const order = Uint32Array.from(confidences, (_, i) => i).sort((a, b) => confidences[a]! - confidences[b]! || a - b);
  const [size, longer] = [Math.floor(order.length / bins), order.length % bins];
  let sum = 0;
  for (let bin = 0, from = 0; bin < bins; bin++) {
    const to = from + size + (bin < longer ? 1 : 0);
    let gap = 0;
    for (let i = from; i < to; i++) gap += confidences[order[i]!]! - hits[order[i]!]!;
    sum += Math.abs(gap);
    from = to;
  }
  return sum / order.length;
}

/**
 * The scores of softmax(logits / T), computed in float64.
 *
 * @throws ShapeError when logits and labels do not fit.
 */
export function calibrationOf(
  sample: LabelledLogits,
  { temperature = 1, bins = usualBins, ignoreIndex }: CalibrationOptions & { readonly temperature?: number } = {},
): SampleCalibration {
  requireRows(sample);
  const { logits, labels, numClasses } = sample;
  const places = counted(sample, ignoreIndex);
  const tally = new CalibrationTally(numClasses, { bins });
  const p = new Float64Array(numClasses);
  const [confidences, hits] = [new Float64Array(places.length), new Uint8Array(places.length)];
  for (const [n, i] of places.entries()) {
    softmaxInto(p, logits, i * numClasses, 1 / temperature);
    tally.add(p, labels, i);
    let best = 0;
    for (let k = 1; k < numClasses; k++) if (p[k]! > p[best]!) best = k;
    confidences[n] = p[best]!;
    hits[n] = best === labels[i] ? 1 : 0;
  }
  return { ...tally.result(), eceEqualMass: equalMassError(confidences, hits, bins) };
}
