/** @file How parameters start: functions of a shape and a seeded random stream. Kernels are [out, in/group, kh, kw]. */
import { Random } from "../util/random.js";

export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

const size = (shape: readonly number[]): number => shape.reduce((p, d) => p * d, 1);

/** A loop: `Float32Array.from` with a function takes twice as long, half a second more for a ResNet. */
function filled(shape: readonly number[], next: () => number): Float32Array {
  const data = new Float32Array(size(shape));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return data;
}

/** Inputs that one output element sees: the product of all axes but the first. */
export const fanIn = (shape: readonly number[]): number => size(shape.slice(1));

/** Outputs that one input element reaches: the first axis times the kernel's area. */
export const fanOut = (shape: readonly number[]): number => (shape[0] ?? 1) * size(shape.slice(2));

export const constant =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(size(shape)).fill(value);

export const zeros: Initializer = constant(0);
export const ones: Initializer = constant(1);

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number | ((shape: readonly number[]) => number)): Initializer =>
  (shape, random) => {
    const b = typeof bound === "number" ? bound : bound(shape);
    return filled(shape, () => random.between(-b, b));
  };

/** Normal with mean 0 and the given deviation. */
export const normal =
  (deviation: number | ((shape: readonly number[]) => number)): Initializer =>
  (shape, random) => {
    const d = typeof deviation === "number" ? deviation : deviation(shape);
    return filled(shape, () => d * random.normal());
  };

/** He et al. 2015 (https://arxiv.org/abs/1502.01852), normal, over the fan-in: keeps the variance through ReLUs. */
export const kaimingNormal: Initializer = normal((shape) => Math.sqrt(2 / fanIn(shape)));

/** The same over the fan-out, as torchvision's ResNets start. */
export const kaimingNormalFanOut: Initializer = normal((shape) => Math.sqrt(2 / fanOut(shape)));

/** He et al. 2015, uniform, over the fan-in. */
export const kaimingUniform: Initializer = uniform((shape) => Math.sqrt(6 / fanIn(shape)));

/** PyTorch's default for convolutions: uniform within 1/sqrt(fan-in). */
export const torchDefault: Initializer = uniform((shape) => 1 / Math.sqrt(fanIn(shape)));

/** Glorot and Bengio 2010, uniform. */
export const xavierUniform: Initializer = uniform((shape) => Math.sqrt(6 / (fanIn(shape) + fanOut(shape))));

/** Bilinear upsampling as a transposed convolution [C, C, k, k] or, of as many groups, [C, 1, k, k] (Long et al. 2015, FCN): each channel by itself. */
export const bilinearUpsampling: Initializer = (shape) => {
  const [c, k, kh, kw] = shape as [number, number, number, number];
  const data = new Float32Array(size(shape));
  const weight = (i: number, n: number): number => {
    const factor = Math.floor((n + 1) / 2);
    const centre = n % 2 === 1 ? factor - 1 : factor - 0.5;
    return 1 - Math.abs(i - centre) / factor;
  };
  const own = (o: number): number => (k === 1 ? o : o * k + o);
  for (let o = 0; o < c; o++)
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++)
        if (o < k || k === 1) data[(own(o) * kh + i) * kw + j] = weight(i, kh) * weight(j, kw);
  return data;
};

/** Starting values of every tensor, each from a stream of its own name, so that the order of layers does not matter. */
export function initialize(
  specs: Iterable<{ name: string; shape: readonly number[]; initializer: Initializer }>,
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    Array.from(specs, ({ name, shape, initializer }) => [
      name,
      initializer(shape, new Random(seed, "initialize", name)),
    ]),
  );
}
