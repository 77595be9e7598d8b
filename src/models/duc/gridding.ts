/**
 * @file Gridding: dilated convolutions on top of each other may skip elements of what they read, in a regular pattern. The
 * rule of hybrid dilated convolution (Wang et al. 2017, https://arxiv.org/abs/1702.08502, section 3.2) for dilations r_1 to r_n
 * of layers with kernels of side K:
 *
 *     M_n = r_n,   M_i = max(M_{i+1} - 2 r_i, 2 r_i - M_{i+1}, r_i),   M_2 <= K,   no common factor of r_1 to r_n
 *
 * where M_i bounds the distance between neighbouring elements that layers i to n read. (The paper writes the middle term as
 * M_{i+1} - 2 (M_{i+1} - r_i), which is the same.)
 */
import { UsageError } from "../../errors/index.js";

export interface GriddingVerdict {
  /** Whether the rule holds. */
  readonly passes: boolean;
  readonly reason: string;
  /** M_2: the largest distance that the first layer has to fill; the dilation itself where there is one layer. */
  readonly distance: number;
  /** Elements along one axis of the receptive field that are read at all, and how many it spans: counted, not bounded. */
  readonly read: number;
  readonly span: number;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Marks the elements that a stack reads along one axis, from the first to the last. */
function elementsRead(rates: readonly number[], kernel: number): readonly boolean[] {
  let read = [true];
  for (const rate of rates) {
    const wider = new Array<boolean>(read.length + (kernel - 1) * rate).fill(false);
    for (let tap = 0; tap < kernel; tap++) for (const [i, is] of read.entries()) if (is) wider[i + tap * rate] = true;
    read = wider;
  }
  return read;
}

/** M_2, from the last layer to the second. */
function largestDistance(rates: readonly number[]): number {
  let distance = rates.at(-1)!;
  for (const rate of rates.slice(1, -1).reverse()) distance = Math.max(distance - 2 * rate, 2 * rate - distance, rate);
  return distance;
}

/**
 * Whether a stack of convolutions with these dilations, in their order, reads its receptive field without gaps.
 *
 * @throws UsageError for no dilations, or numbers that are none.
 * @example checkGridding([1, 2, 5]).passes // true
 * @example checkGridding([2, 2, 2]).reason // "all dilations are multiples of 2, so that only one element in 2 is read"
 */
export function checkGridding(rates: readonly number[], kernel = 3): GriddingVerdict {
  if (rates.length === 0 || !rates.every((rate) => Number.isInteger(rate) && rate >= 1))
    throw new UsageError({ expected: "dilations of 1 or more", found: `[${rates}]` });
  if (!Number.isInteger(kernel) || kernel < 2)
    throw new UsageError({ expected: "a kernel of side 2 or more", found: `${kernel}` });
  const factor = rates.reduce(greatestCommonDivisor);
  const distance = largestDistance(rates);
  const marks = elementsRead(rates, kernel);
  const counts = { distance, read: marks.filter(Boolean).length, span: marks.length };
  if (factor > 1) {
    const reason = `all dilations are multiples of ${factor}, so that only one element in ${factor} is read`;
    return { passes: false, reason, ...counts };
  }
  const passes = rates.length === 1 || distance <= kernel;
  const relation = passes ? "which the first layer's kernel fills" : "more than the first layer's kernel fills";
  const reason = `elements that are read from the second layer on may be ${distance} apart, ${relation} (${kernel})`;
  return { passes, reason, ...counts };
}
