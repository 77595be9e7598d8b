/** @file How a pooling window walks over a map, and the sizes that follow from it. */
import { add, ceilDiv, type Dim, floorDiv, min, mul, sub } from "../dim.js";

/** How a pooling window walks over a map: two numbers are (height, width), four are (top, left, bottom, right). */
export interface PoolGeometry {
  readonly [name: string]: readonly number[] | boolean;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  /** Whether a last window that reaches past the padding counts, as long as it starts before the bottom or right padding. */
  readonly ceilMode: boolean;
}

export interface PoolOptions {
  /** Step of the window; the kernel's size when left out. */
  readonly strides?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly ceilMode?: boolean;
}

export const poolGeometry = (
  kernel: readonly [number, number],
  { strides = kernel, pads = [0, 0, 0, 0], dilations = [1, 1], ceilMode = false }: PoolOptions,
): PoolGeometry => ({ kernel, strides, pads, dilations, ceilMode });

/** One axis of a pooling: the window's numbers along it. */
export interface PoolAxis {
  /** 2 for height, 3 for width. */
  readonly axis: 2 | 3;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after. */
  readonly before: number;
  readonly after: number;
  readonly ceilMode: boolean;
}

export const poolAxis = ({ kernel, strides, pads, dilations, ceilMode }: PoolGeometry, axis: 2 | 3): PoolAxis => {
  const i = axis - 2;
  return {
    axis,
    kernel: kernel[i]!,
    stride: strides[i]!,
    dilation: dilations[i]!,
    before: pads[i]!,
    after: pads[i + 2]!,
    ceilMode,
  };
};

/** Elements from the first to the last that a window reads. */
export const reach = ({ kernel, dilation }: PoolAxis): number => dilation * (kernel - 1) + 1;

/**
 * Number of windows along an axis, as PyTorch counts them: `floor((size + pads - reach) / stride) + 1`; `ceilMode` rounds
 * up but drops a window that would start in the padding behind the map.
 */
export function poolSize(size: Dim, window: PoolAxis): Dim {
  const { stride, before, after, ceilMode } = window;
  const free = sub(add(size, before + after), reach(window));
  if (!ceilMode) return add(floorDiv(free, stride), 1);
  const count = add(ceilDiv(free, stride), 1);
  // A window can start behind the map only where padding and stride together outreach it.
  return after + stride > reach(window) ? min(count, ceilDiv(add(size, before), stride)) : count;
}

/** Padding that must stand behind the map so that the windows end exactly there; negative where the last elements go unread. */
export const paddingBehind = (size: Dim, window: PoolAxis): Dim =>
  sub(add(mul(sub(poolSize(size, window), 1), window.stride), reach(window)), add(size, window.before));
