/**
 * @file Numerics on boxes: areas, overlaps, suppression of duplicates, and the code in which detectors predict them.
 * Boxes are rows (x0, y0, x1, y1) of one flat array, x1 >= x0 and y1 >= y0.
 */

/** Boxes as rows of four numbers. */
export type Boxes = Float32Array | Float64Array | readonly number[];

const countOf = (boxes: Boxes): number => boxes.length / 4;

/** Area of each box. */
export function boxAreas(boxes: Boxes): Float64Array {
  return Float64Array.from({ length: countOf(boxes) }, (_, i) => {
    const [x0, y0, x1, y1] = boxes.slice(4 * i, 4 * i + 4) as number[];
    return (x1! - x0!) * (y1! - y0!);
  });
}

interface Overlap {
  readonly intersection: number;
  readonly union: number;
  /** Area of the smallest box around both. */
  readonly hull: number;
}

function overlap(a: Boxes, i: number, b: Boxes, j: number): Overlap {
  const [p, q] = [4 * i, 4 * j];
  const width = Math.max(Math.min(a[p + 2]!, b[q + 2]!) - Math.max(a[p]!, b[q]!), 0);
  const height = Math.max(Math.min(a[p + 3]!, b[q + 3]!) - Math.max(a[p + 1]!, b[q + 1]!), 0);
  const intersection = width * height;
  const area = (boxes: Boxes, k: number) => (boxes[k + 2]! - boxes[k]!) * (boxes[k + 3]! - boxes[k + 1]!);
  const hull =
    (Math.max(a[p + 2]!, b[q + 2]!) - Math.min(a[p]!, b[q]!)) *
    (Math.max(a[p + 3]!, b[q + 3]!) - Math.min(a[p + 1]!, b[q + 1]!));
  return { intersection, union: area(a, p) + area(b, q) - intersection, hull };
}

function pairs(a: Boxes, b: Boxes, value: (overlap: Overlap) => number): Float64Array {
  const [rows, columns] = [countOf(a), countOf(b)];
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[i * columns + j] = value(overlap(a, i, b, j));
  return result;
}

/** Intersection over union of every box of `a` with every box of `b`, row by row: [A, B]. */
export const boxIou = (a: Boxes, b: Boxes): Float64Array =>
  pairs(a, b, ({ intersection, union }) => intersection / union);

/** Generalized intersection over union (https://arxiv.org/abs/1902.09630), in -1..1: [A, B]. */
export const generalizedBoxIou = (a: Boxes, b: Boxes): Float64Array =>
  pairs(a, b, ({ intersection, union, hull }) => intersection / union - (hull - union) / hull);

/**
 * Non-maximum suppression: indices of the boxes kept, by falling score. A box goes when it overlaps a kept one by more than
 * `threshold`; boxes of different `groups` never suppress each other.
 */
export function nms(boxes: Boxes, scores: ArrayLike<number>, threshold: number, groups?: ArrayLike<number>): number[] {
  const order = Array.from({ length: countOf(boxes) }, (_, i) => i).sort((i, j) => scores[j]! - scores[i]!);
  const kept: number[] = [];
  for (const i of order) {
    const duplicate = kept.some((k) => {
      if (groups && groups[k] !== groups[i]) return false;
      const { intersection, union } = overlap(boxes, k, boxes, i);
      return intersection / union > threshold;
    });
    if (!duplicate) kept.push(i);
  }
  return kept;
}

/** Boxes cut off at the edges of an image of the given height and width. */
export function clipBoxes(boxes: Boxes, height: number, width: number): Float32Array {
  return Float32Array.from(boxes, (v, i) => Math.min(Math.max(v, 0), i % 2 === 0 ? width : height));
}

/** Weights of the four numbers of the code (x, y, width, height). */
export type CodeWeights = readonly [number, number, number, number];

/** Largest logarithm of a size ratio that is decoded: a box 1000/16 times the anchor. */
const largestLog = Math.log(1000 / 16);

const centreAndSize = (boxes: Boxes, i: number): [number, number, number, number] => {
  const [x0, y0, x1, y1] = [boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!];
  return [x0 + (x1 - x0) / 2, y0 + (y1 - y0) / 2, x1 - x0, y1 - y0];
};

/**
 * The code of boxes relative to anchors (https://arxiv.org/abs/1311.2524): shifts of the centre in units of the anchor's size,
 * and logarithms of the ratio of sizes, each times its weight.
 */
export function encodeBoxes(boxes: Boxes, anchors: Boxes, weights: CodeWeights = [1, 1, 1, 1]): Float32Array {
  const codes = new Float32Array(boxes.length);
  for (let i = 0; i < countOf(boxes); i++) {
    const [x, y, w, h] = centreAndSize(boxes, i);
    const [ax, ay, aw, ah] = centreAndSize(anchors, i);
    const code = [(x - ax) / aw, (y - ay) / ah, Math.log(w / aw), Math.log(h / ah)];
    codes.set(
      code.map((v, k) => v * weights[k]!),
      4 * i,
    );
  }
  return codes;
}

/** Boxes from their codes relative to anchors: the inverse of `encodeBoxes`. */
export function decodeBoxes(codes: Boxes, anchors: Boxes, weights: CodeWeights = [1, 1, 1, 1]): Float32Array {
  const boxes = new Float32Array(codes.length);
  for (let i = 0; i < countOf(codes); i++) {
    const [ax, ay, aw, ah] = centreAndSize(anchors, i);
    const [dx, dy, dw, dh] = weights.map((weight, k) => codes[4 * i + k]! / weight) as [number, number, number, number];
    const [x, y] = [dx * aw + ax, dy * ah + ay];
    const [w, h] = [Math.exp(Math.min(dw, largestLog)) * aw, Math.exp(Math.min(dh, largestLog)) * ah];
    boxes.set([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 4 * i);
  }
  return boxes;
}
