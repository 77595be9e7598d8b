/**
 * @file The convolution's kernel gradient as matrix products, in the formulation that is fastest for the shape at hand.
 *
 * Measured on two AVX-512 cores, 3x3 kernels, batch 4, GFLOP/s (the machine's matrix products reach about 360):
 *
 *     channels, map      by taps   merged batch   rows x columns   the same, image by image
 *     32-32, 128x128       107           94             127                  143
 *     64-32, 128x128       113           82             161                  165
 *     64-64, 64x64         233          155             240                  256
 *     256-128, 32x32       275          313             311                  307
 *     512-256, 16x16       264          297             208                  256
 *     512-512, 8x8         149          237             128                  134
 *
 * Narrow products waste their time packing, so three shifted copies of both factors make one product of 3K by 3C; small
 * maps are better off with the batch merged into the inner axis, which also saves summing N results as large as the kernel.
 */
import type { Target, Value } from "../types.js";
import { Add } from "./arithmetic.js";
import { kernelGradientByTaps, padMap, tapView } from "./conv-by-matrices.js";
import type { ConvKernelGradientGeometry } from "./conv-geometry.js";
import { MatMul } from "./matrix.js";
import { ReduceSum } from "./reduce.js";
import { Concat, Gather, Pad, Reshape, Transpose } from "./shape.js";

/** Below this many pixels of an output map the batch is merged into the inner axis. */
const smallMap = 256;
/** As many images of a batch go together as keep their shifted copies within this many bytes of cache. */
const cacheBytes = 24 * 2 ** 20;

type Shape4 = [number, number, number, number];

export function kernelGradient(x: Value, dy: Value, geometry: ConvKernelGradientGeometry, target: Target): Value {
  const [n, c, h] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const { kernel, strides, dilations, pads, group } = geometry;
  if (target === "reference" || group > 1) return kernelGradientByTaps(x, dy, geometry);
  if (isPatchwise(x, geometry)) return byPatches(x, dy, kernel);
  if (kernel[0] * kernel[1] === 1) return kernelGradientByTaps(x, dy, geometry);
  if (ho * wo <= smallMap) return mergedBatch(x, dy, geometry);
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

/**
 * Products of row-shifted cotangents by column-shifted inputs, for stride 1: [K, C, kh, kw].
 *
 *     dw[k,c,i,j] = sum over h', w of D_i[k,h',w] * X_j[c,h',w],  D_i[h'] = dy[h'-i*d],  X_j[w] = padded x[w+j*d]
 */
function rowsByColumns(
  x: Value,
  dy: Value,
  { kernel: [kh, kw], pads, dilations }: ConvKernelGradientGeometry,
  images: Images,
): Value {
  const [, c, h] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const n = images.count;
  const rows = h + pads[0] + pads[2];
  const reach = dilations[0] * (kh - 1);
  const around = padImages(dy, images, [reach, 0, reach, 0]);
  // Row h' of copy i is row h' - i*d of dy, which stands reach rows lower in `around`.
  const places = Array.from({ length: kh }, (_, i) =>
    Array.from({ length: rows }, (_, r) => BigInt(Math.min(r + reach - i * dilations[0], ho + 2 * reach - 1))),
  );
  const shifted = Gather(around, x.graph.constant(BigInt64Array.from(places.flat()), [kh * rows]), 2);
  const left = Reshape(shifted, [n, k * kh, rows * wo]);
  const columns = Array.from({ length: kw }, (_, j) => {
    const column = padImages(x, images, [
      pads[0],
      pads[1] - j * dilations[1],
      pads[2],
      pads[3] - (kw - 1 - j) * dilations[1],
    ]);
    const products = MatMul(left, Reshape(column, [n, c, rows * wo]), { transB: true });
    return Reshape(n === 1 ? products : ReduceSum(products, { axes: [0] }), [k, kh, c]);
  });
  return Transpose(Reshape(Concat(columns, 2), [k, kh, kw, c]), [0, 3, 1, 2]);
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

function byPatches(x: Value, dy: Value, kernel: readonly [number, number]): Value {
  const [n, c] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const products = MatMul(Reshape(dy, [n, k, ho * wo]), patches(x, kernel), { transB: true });
  return Reshape(ReduceSum(products, { axes: [0] }), [k, c, ...kernel]);
}

/** One product a tap with batch and map merged into the inner axis. */
function mergedBatch(x: Value, dy: Value, geometry: ConvKernelGradientGeometry): Value {
  const [n, c] = x.shape as Shape4;
  const [, k, ho, wo] = dy.shape as Shape4;
  const { kernel, pads } = geometry;
  const padded = padMap(Transpose(x, [1, 0, 2, 3]), pads);
  const cotangent = Reshape(Transpose(dy, [1, 0, 2, 3]), [k, n * ho * wo]);
  const taps: Value[] = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++) {
      const view = Reshape(tapView(padded, i, j, [ho, wo], geometry), [c, n * ho * wo]);
      taps.push(Reshape(MatMul(cotangent, view, { transB: true }), [k, c, 1]));
    }
  return Reshape(Concat(taps, 2), [k, c, ...kernel]);
}
