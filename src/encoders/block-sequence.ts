/** @file What encoders made of one sequence of blocks share: where they stride or dilate, and which outputs are maps. */
import type { Value } from "../graph/types.js";
import type { EncoderOptions } from "./encoder.js";
import { dilationAt } from "./feature-maps.js";

export interface SequenceBlock {
  /** Stride in the classifier. */
  readonly stride: 1 | 2;
  /** Index of the feature map that it leads to. */
  readonly level: number;
}

/** How a block walks over its input. */
export interface BlockGeometry {
  readonly stride: 1 | 2;
  readonly dilation: number;
}

/**
 * Runs blocks behind a `stem` of stride 2, as far as the depth goes, and gives the maps from level 1 on: the output of
 * the last block that leads to each, or of the one that strides; the deepest map is behind all blocks in any case.
 */
export function mapsOfBlocks<Block extends SequenceBlock>(
  stem: Value,
  blocks: readonly Block[],
  { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid, mapsBehind = "last" }: EncoderOptions,
  run: (x: Value, block: Block, index: number, geometry: BlockGeometry) => Value,
): Value[] {
  const maps = [stem];
  let x = stem;
  let inLastStage = 0;
  for (const [index, block] of blocks.entries()) {
    const { stride, level } = block;
    if (level > depth) break;
    const dilation = dilationAt(level, outputStride);
    const grid = level === 5 && dilation > 1 ? (multiGrid?.[inLastStage++ % multiGrid.length] ?? 1) : 1;
    const own = stride > 1 && firstDilation === "previous" ? dilationAt(level - 1, outputStride) : dilation;
    x = run(x, block, index, { stride: dilation > 1 ? 1 : stride, dilation: grid * own });
    if (mapsBehind === "last" || stride > 1 || level === depth) maps[level - 1] = x;
  }
  return maps;
}
