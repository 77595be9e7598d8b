/**
 * @file The convolution's kernel gradient as matrix products, in the formulation that is fastest for the shape at hand.
 *
 * Narrow products waste their time packing the second factor, and shifted copies cost memory traffic. Measured on two
 * AVX-512 cores, 3x3 kernels, batch 4, in GFLOP/s (matrix products reached 350 to 370):
 *
 *     channels in-out, map     one product a tap   merged batch   rows by columns
 *     64-32, 128x128                 113                82              165
 *     64-64, 64x64                   233               155              256
 *     256-128, 32x32                 275               313              307
 *     512-256, 16x16                 264               297              256
 *     512-512, 8x8                   149               237              134
 *
 * Small maps are better off with the batch merged into the inner axis, which also saves summing as many results as images,
 * each as large as the kernel. (Measured when that was one product a tap; it is no slower since.)
 */
import type { Target, Value } from "../types.js";
import { Add } from "./arithmetic.js";
import { kernelGradientByTaps, padMap, tapView } from "./conv-by-matrices.js";
import { isDepthwise, kernelGradientDepthwise } from "./conv-depthwise.js";
import type { ConvKernelGradientGeometry } from "./conv-geometry.js";
import { kernelGradientLiveTaps } from "./conv-live-taps.js";
import { MatMul } from "./matrix.js";
import { ReduceSum } from "./reduce.js";
import { Concat, Gather, Pad, Reshape, Slice, Transpose } from "./shape.js";

/** Below this many pixels of an output map the batch is merged into the inner axis. */
const smallMap = 256;
/** As many images of a batch go together as keep their shifted copies within this many bytes of cache. */
const cacheBytes = 8 * 2 ** 20;

/** Up to this many output channels reading a strided map nine times costs more than the products that phases add. */
const fewFilters = 96;

/** Above this many taps the products of single ones are too many nodes, whatever the map: FCN's enlarging kernels have 4096. */
const manyTaps = 64;

type Shape4 = [number, number, number, number];

export function kernelGradient(x: Value, dy: Value, geometry: ConvKernelGradientGeometry, target: Target): Value {
  const [n, c, h] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const { kernel, strides, dilations, pads, group } = geometry;
  if (isDepthwise(x, k, kernel, group)) return kernelGradientDepthwise(x, dy, geometry);
  if (target === "reference" || group > 1) return kernelGradientByTaps(x, dy, geometry);
  if (isPatchwise(x, geometry)) return byPatches(x, dy, kernel);
  if (kernel[0] * kernel[1] === 1) return kernelGradientByTaps(x, dy, geometry);
  const live = kernelGradientLiveTaps(x, dy, geometry);
  if (live) return live;
  const phased = strides[0] > 1 && strides[0] === strides[1] && dilations.every((d) => d === 1);
  if (phased && kernel[0] * kernel[1] > manyTaps) return byPhases(x, dy, geometry, target);
  if (ho * wo <= smallMap) return mergedBatch(x, dy, geometry);
  if (phased && k <= fewFilters) return byPhases(x, dy, geometry, target);
  // Rows of zeros are multiplied too: with wide dilations on low maps they outweigh what the wider product gains.
  const wasted = (dilations[0] * (kernel[0] - 1)) / ho;
  if (strides.some((s) => s !== 1) || wasted > 0.25 || kernel[0] === 1 || kernel[1] === 1)
    return kernelGradientByTaps(x, dy, geometry);
  const rows = h + pads[0] + pads[2];
  const copies = 4 * rows * wo * (kernel[1] * c + kernel[0] * k);
  const together = Math.max(1, Math.floor(cacheBytes / copies));
  const parts = Array.from({ length: Math.ceil(n / together) }, (_, i) => {
    const first = i * together;
    return rowsByColumns(x, dy, geometry, { first, count: Math.min(together, n - first) });
  });
  return parts.reduce((a, b) => Add(a, b));
}

/** The images of a batch that one product takes. */
interface Images {
  readonly first: number;
  readonly count: number;
}

/** `Pad` of some images of a batch: cropping the batch costs nothing when it happens in the same pass. */
function padImages(
  x: Value,
  { first, count }: Images,
  [top, left, bottom, right]: readonly [number, number, number, number],
): Value {
  const behind = (x.shape[0] as number) - first - count;
  return Pad(x, [-first, 0, top, left], [-behind, 0, bottom, right]);
}

/** Rows of a map [n, C, H, W] in the order of `places`, as [n, C * places / rows, rows * W]. */
const pickRows = (x: Value, places: readonly (readonly number[])[]): Value => {
  const [n, c, , w] = x.shape as Shape4;
  const rows = places[0]!.length;
  const indices = x.graph.constant(BigInt64Array.from(places.flat(), BigInt), [places.length * rows]);
  return Reshape(Gather(x, indices, 2), [n, c * places.length, rows * w]);
};

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** `left` [n, A*kh, P] by each of `columns` [n, B, P], summed over n: [A, kh, kw, B]. */
function productsOf(left: Value, columns: readonly Value[], [a, kh]: readonly [number, number]): Value {
  const n = left.shape[0] as number;
  const parts = columns.map((column) => {
    const products = MatMul(left, column, { transB: true });
    return Reshape(n === 1 ? products : ReduceSum(products, { axes: [0] }), [a, kh, 1, column.shape[1]!]);
  });
  return Concat(parts, 2);
}

/**
 * Row-shifted copies of one factor, and one product for each column shift of the other, for stride 1: [K, C, kh, kw]. The
 * factor with more channels is the one whose rows are shifted: products pack the other one.
 *
 *     rows of x:   dw[k,c,i,j] = sum over h, w' of X_i[c,h,w'] * D_j[k,h,w'],   X_i[h] = padded x[h+i*d],  D_j[w'] = dy[w'-j*d+left]
 *     rows of dy:  dw[k,c,i,j] = sum over h', w of D_i[k,h',w] * X_j[c,h',w],   D_i[h'] = dy[h'-i*d],  X_j[w] = padded x[w+j*d]
 */
function rowsByColumns(x: Value, dy: Value, geometry: ConvKernelGradientGeometry, images: Images): Value {
  const {
    kernel: [kh, kw],
    pads: [top, left, bottom, right],
    dilations: [dh, dw],
  } = geometry;
  const [, c, h, w] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const n = images.count;
  if (c >= k) {
    const rows = pickRows(
      padImages(x, images, [top, 0, bottom, 0]),
      range(kh).map((i) => range(ho).map((r) => r + i * dh)),
    );
    const columns = range(kw).map((j) => {
      const shift = j * dw - left;
      return Reshape(padImages(dy, images, [0, shift, 0, w - wo - shift]), [n, k, ho * w]);
    });
    return Transpose(productsOf(rows, columns, [c, kh]), [3, 0, 1, 2]);
  }
  const reach = dh * (kh - 1);
  const height = h + top + bottom;
  // Row h' of copy i is row h' - i*d of dy, which stands reach rows lower in the padded cotangent.
  const places = range(kh).map((i) => range(height).map((r) => Math.min(r + reach - i * dh, ho + 2 * reach - 1)));
  const rows = pickRows(padImages(dy, images, [reach, 0, reach, 0]), places);
  const columns = range(kw).map((j) =>
    Reshape(padImages(x, images, [top, left - j * dw, bottom, right - (kw - 1 - j) * dw]), [n, c, height * wo]),
  );
  return Transpose(productsOf(rows, columns, [k, kh]), [0, 3, 1, 2]);
}

/** Whether the kernel's windows tile the map without touching: patches of a strided convolution, or a 2x2 upsampling. */
export const isPatchwise = (
  x: Value,
  { kernel, strides, dilations, pads, group }: ConvKernelGradientGeometry,
): boolean =>
  group === 1 &&
  kernel[0] * kernel[1] > 1 &&
  kernel.every(
    (size, axis) =>
      strides[axis] === size &&
      dilations[axis] === 1 &&
      typeof x.shape[axis + 2] === "number" &&
      (x.shape[axis + 2] as number) % size === 0,
  ) &&
  pads.every((p) => p === 0);

/** Windows as channels: [N, C, H, W] to [N, C*kh*kw, H/kh * W/kw], by two transpositions of one axis each (faster than one of six). */
export function patches(x: Value, [kh, kw]: readonly [number, number]): Value {
  const [n, c, h, w] = x.shape as Shape4;
  const [ho, wo] = [h / kh, w / kw];
  const byRow = Transpose(Reshape(x, [n * c, ho, kh, w]), [0, 2, 1, 3]);
  return Reshape(Transpose(Reshape(byRow, [n * c * kh, ho * wo, kw]), [0, 2, 1]), [n, c * kh * kw, ho * wo]);
}

/**
 * A strided convolution as one of stride 1 over the phases of its input: s*s maps of every s-th row and column stand as channels,
 * and tap (a*s + i, b*s + j) is tap (a, b) of phase (i, j). For ENet's last layer, [8, 16, 180, 240] to [8, 11, 360, 480], 51
 * instead of 116 ms on 2 threads: the strided slices of the taps cost 12 ms each.
 */
function byPhases(x: Value, dy: Value, geometry: ConvKernelGradientGeometry, target: Target): Value {
  const { kernel, strides, pads } = geometry;
  const [n, c, h, w] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const s = strides[0];
  const [kh, kw] = kernel.map((size) => Math.ceil(size / s)) as [number, number];
  const [rows, columns] = [ho + kh - 1, wo + kw - 1];
  const padded = padMap(x, [pads[0], pads[1], rows * s - h - pads[0], columns * s - w - pads[1]]);
  const phases = Reshape(patches(padded, [s, s]), [n, c * s * s, rows, columns]);
  const plain = { ...geometry, kernel: [kh, kw], strides: [1, 1], pads: [0, 0, 0, 0] } as const;
  const gradient = Reshape(kernelGradient(phases, dy, plain, target), [k * c, s, s, kh, kw]);
  const whole = Reshape(Transpose(gradient, [0, 3, 1, 4, 2]), [k, c, kh * s, kw * s]);
  return Slice(whole, [2, 3], [0, 0], [...kernel]);
}

function byPatches(x: Value, dy: Value, kernel: readonly [number, number]): Value {
  const [n, c] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const products = MatMul(Reshape(dy, [n, k, ho * wo]), patches(x, kernel), { transB: true });
  return Reshape(ReduceSum(products, { axes: [0] }), [k, c, ...kernel]);
}

/**
 * One product with batch and map merged into its inner axis, all taps of the input as rows. On small maps these copies are
 * little beside the kernel; results of single taps would have to be interleaved, which is a pass over the whole kernel: for
 * FCN's fc6, 512 to 4096 channels and 7x7 taps of a 9x10 map, that took 590 ms on 2 threads and this takes 245.
 */
function mergedBatch(x: Value, dy: Value, geometry: ConvKernelGradientGeometry): Value {
  const [n, c] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const { kernel, pads } = geometry;
  const pixels = n * ho * wo;
  const padded = padMap(Transpose(x, [1, 0, 2, 3]), pads);
  const cotangent = Reshape(Transpose(dy, [1, 0, 2, 3]), [k, pixels]);
  const taps = range(kernel[0]).flatMap((i) =>
    range(kernel[1]).map((j) => Reshape(tapView(padded, i, j, [ho, wo], geometry), [c, 1, pixels])),
  );
  const rows = Reshape(Concat(taps, 1), [c * taps.length, pixels]);
  return Reshape(MatMul(cotangent, rows, { transB: true }), [k, c, ...kernel]);
}
