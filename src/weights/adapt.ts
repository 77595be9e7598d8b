/** @file Tensors of another shape that can be made to fit: the first convolution for other channels, a fully connected layer as a convolution. */
import { elements, type NamedTensor, type TensorSpec } from "./tensor.js";

/** A tensor that was made to fit, and how, for reports. */
export interface Adapted {
  readonly tensor: NamedTensor;
  readonly how: string;
}

const sameBut = (a: readonly number[], b: readonly number[], axis: number): boolean =>
  a.length === b.length && a.every((size, i) => i === axis || size === b[i]);

/**
 * The kernel [out, C, kh, kw] of a first convolution for images of `channels`, as segmentation_models.pytorch makes it: the sum
 * over C for one channel; else the channels in turn, scaled by C/channels so that the answer to a grey image stays.
 */
export function adaptStem({ shape, data }: NamedTensor, channels: number): NamedTensor {
  const [out, before, ...kernel] = shape as [number, number, ...number[]];
  const area = elements(kernel);
  const from = data as Float32Array;
  const result = new Float32Array(out * channels * area);
  for (let o = 0; o < out; o++)
    for (let i = 0; i < area; i++) {
      const at = (c: number): number => from[(o * before + c) * area + i]!;
      if (channels === 1) for (let c = 0; c < before; c++) result[o * area + i]! += at(c);
      else
        for (let c = 0; c < channels; c++) result[(o * channels + c) * area + i] = (at(c % before) * before) / channels;
    }
  return { dtype: "float32", shape: [out, channels, ...kernel], data: result };
}

/** The numbers of channels of the images that the network and the checkpoint take. */
export interface ImageChannels {
  readonly ours: number;
  readonly theirs: number;
}

/**
 * The channels that both take, told by the first kernel of the network; undefined where the checkpoint has none for it.
 * Known for both, the kernel of a head for other classes is not mistaken for one of the first convolution.
 */
export function imageChannels(
  wanted: Iterable<readonly [name: string, spec: TensorSpec]>,
  tensorOf: (name: string) => NamedTensor | undefined,
): ImageChannels | undefined {
  for (const [name, { shape }] of wanted) {
    if (shape.length !== 4) continue;
    const theirs = tensorOf(name)?.shape[1];
    return theirs === undefined ? undefined : { ours: shape[1]!, theirs };
  }
  return undefined;
}

/** The tensor in the shape that is wanted; undefined where it cannot be. */
export function adapt(found: NamedTensor, want: TensorSpec, channels: ImageChannels | undefined): Adapted | undefined {
  const { shape } = found;
  const [out, inner, ...kernel] = want.shape;
  const takesImages = inner === channels?.ours && shape[1] === channels?.theirs;
  if (want.shape.length === 4 && takesImages && sameBut(shape, want.shape, 1))
    return { tensor: adaptStem(found, inner!), how: `from ${shape[1]} to ${inner} channels` };
  if (want.shape.length === 4 && shape.length === 2 && shape[0] === out && shape[1] === elements([inner!, ...kernel]))
    return { tensor: { ...found, shape: want.shape }, how: "from a fully connected layer" };
  return undefined;
}
