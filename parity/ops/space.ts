/** @file Builders of the fixtures of resizing, padding, shuffles, sampling and regions. */
import {
  AffineGrid,
  ChannelShuffle,
  GridSample,
  Pad,
  type PadMode,
  PixelShuffle,
  PixelUnshuffle,
  Resize,
  ResizeByFactor,
  RoiAlign,
  RoiPool,
} from "../../src/graph/index.js";
import { pair } from "./pair.js";
import type { OpTable } from "./run.js";

const padModes: { readonly [mode: string]: PadMode } = {
  reflect: "reflect",
  replicate: "edge",
  circular: "wrap",
  constant: "constant",
};

export const spaceCases: OpTable = {
  interpolate: ({ x }, { mode, size, scale_factor, align_corners = false, antialias = false }) => ({
    out: size
      ? Resize(x!, size, mode, align_corners, { antialias })
      : ResizeByFactor(x!, pair(scale_factor), mode, align_corners),
  }),
  pad: ({ x }, { pad_left_right_top_bottom: [left, right, top, bottom], mode, value }) => ({
    out: Pad(x!, [0, 0, top, left], [0, 0, bottom, right], padModes[mode]!, value ?? 0),
  }),
  pixel_shuffle: ({ x }, { factor }) => ({ out: PixelShuffle(x!, factor) }),
  pixel_unshuffle: ({ x }, { factor }) => ({ out: PixelUnshuffle(x!, factor) }),
  channel_shuffle: ({ x }, { groups }) => ({ out: ChannelShuffle(x!, groups) }),
  grid_sample: ({ x, grid }, { mode, padding_mode, align_corners }) => ({
    out: GridSample(x!, grid!, { mode, padding: padding_mode, alignCorners: align_corners }),
  }),
  affine_grid: ({ theta }, { size, align_corners }) => ({
    out: AffineGrid(theta!, [size[2], size[3]], align_corners),
  }),
  roi_align: ({ x, boxes }, { output, spatial_scale, sampling_ratio, aligned }) => ({
    out: RoiAlign(x!, boxes!, {
      size: pair(output),
      spatialScale: spatial_scale,
      samplingRatio: Math.max(sampling_ratio, 0),
      aligned,
    }),
  }),
  roi_pool: ({ x, boxes }, { output, spatial_scale }) => ({
    out: RoiPool(x!, boxes!, { size: pair(output), spatialScale: spatial_scale }),
  }),
};
