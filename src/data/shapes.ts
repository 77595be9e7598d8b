/** @file Polygons and run lengths to masks. A pixel belongs to a polygon when its centre does (even-odd rule). */
import type { Mask } from "../raster/raster.js";
import type { LabelShape, ShapeDecoding } from "./sample.js";

/** Sets the pixels of one ring `[x0, y0, x1, y1, ...]`; coordinates are pixel edges, so pixel (0, 0) spans 0..1 in both. */
function fillRing(ring: readonly number[], { data, height, width }: Mask, value: number): void {
  const corners = ring.length >> 1;
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < corners; i++) {
    top = Math.min(top, ring[2 * i + 1]!);
    bottom = Math.max(bottom, ring[2 * i + 1]!);
  }
  const crossings: number[] = [];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, Math.ceil(bottom)); y++) {
    const level = y + 0.5;
    crossings.length = 0;
    for (let i = 0; i < corners; i++) {
      const j = i + 1 === corners ? 0 : i + 1;
      const [y0, y1] = [ring[2 * i + 1]!, ring[2 * j + 1]!];
      // Half-open test, so that a corner on the line counts once.
      if (y0 <= level === y1 <= level) continue;
      crossings.push(ring[2 * i]! + ((level - y0) / (y1 - y0)) * (ring[2 * j]! - ring[2 * i]!));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k]! - 0.5));
      const to = Math.min(width, Math.ceil(crossings[k + 1]! - 0.5));
      if (from < to) data.fill(value, y * width + from, y * width + to);
    }
  }
}

/** Sets the pixels of COCO run lengths: they go down the columns, the first run is outside. */
function fillRuns(runs: readonly number[], { data, height, width }: Mask, value: number): void {
  let at = 0;
  runs.forEach((run, k) => {
    const end = Math.min(at + run, height * width);
    if (k % 2 === 1) for (let i = at; i < end; i++) data[(i % height) * width + Math.floor(i / height)] = value;
    at = end;
  });
}

/** Paints one shape into a mask. */
export function paintShape(shape: LabelShape, mask: Mask): void {
  for (const ring of shape.polygons ?? []) fillRing(ring, mask, shape.index);
  if (shape.runs) fillRuns(shape.runs, mask, shape.index);
}

/** The mask of a sample whose labels are shapes: background everywhere, then each shape over the ones before it. */
export function rasterise({ height, width, background, ignoreIndex, shapes }: ShapeDecoding): Mask {
  const data = ignoreIndex === 255 ? new Uint8Array(height * width) : new Uint16Array(height * width);
  const mask = { data: data.fill(background), height, width };
  for (const shape of shapes) paintShape(shape, mask);
  return mask;
}

/**
 * The run lengths of COCO's compressed string: 5 bits a character from "0" on, bit 6 says that more follow; from the third
 * run on, the difference to the run before last. https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c (rleFrString)
 */
export function parseRuns(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let bits: number;
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32 && at < text.length);
    if (bits & 16 && shift < 32) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
  }
  return runs;
}
