/** @file What an encoder is: a backbone that gives feature maps at growing strides. Decoders know nothing more of it. */
import type { Value } from "../graph/types.js";
import type { Scope } from "../nn/scope.js";

/** Stride of an encoder's last stage: below 32 the last stages keep their size and dilate their kernels instead. */
export type OutputStride = 8 | 16 | 32;

export interface EncoderOptions {
  /** Number of halvings, 1 to 5: how many feature maps follow the image. */
  readonly depth?: number;
  readonly outputStride?: OutputStride;
  /**
   * Dilation of the first block of a stage that dilates instead of striding: its own (`stage`, as in
   * segmentation_models.pytorch) or the one before (`previous`, as in torchvision).
   */
  readonly firstDilation?: "stage" | "previous";
  /** Factors on the dilations of the last stage's blocks where it dilates: (1, 2, 4) in DeepLab v3. */
  readonly multiGrid?: readonly number[];
  /**
   * Probability with which the last residual branch is skipped while training (stochastic depth), for encoders that the
   * reference trains so; it grows linearly from 0 at the first branch. 0 unless given.
   */
  readonly dropPath?: number;
  /**
   * Which block's output is a stage's map: the last one's, or the one's that strides, as torchvision's segmentation networks
   * take them from MobileNets. Encoders that are not one sequence of blocks give the last in either case.
   */
  readonly mapsBehind?: "last" | "stride";
  /**
   * Whether names leave out the sequence `features` that holds the layers in the classifier, as torchvision's segmentation
   * networks do; for MobileNets and torchvision's EfficientNets.
   */
  readonly bare?: boolean;
}

/**
 * Feature maps from fine to coarse. `features[0]` is the image itself and `features[i]` has stride 2^i, as far as the
 * output stride allows. For an image [N, 3, 64, 64] and resnet34:
 *
 *     index      0           1            2            3           4            5
 *     stride     1           2            4            8           16           32
 *     shape   3x64x64     64x32x32     64x16x16     128x8x8     256x4x4     512x2x2
 *
 * An encoder that has no map at some stride (SegFormer's begin at 4) gives one of 0 channels there, of which only the size
 * means anything; decoders do not join it.
 */
export type Features = readonly Value[];

export interface Encoder {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly paper: string;
  /** Channels of `features[1]` to `features[5]`. */
  readonly channels: readonly number[];
  /** Output strides that it can be built for; all three unless stated. */
  readonly outputStrides?: readonly OutputStride[];
  /** Least height and width of an image at full depth and output stride 32; 1 unless stated. */
  readonly smallestSide?: number;
  /** Whether maps are a little smaller than the image over their stride, because layers do not pad. */
  readonly unpadded?: true;
  /** Whether the last map comes straight out of a pooling, as VGG's: decoders put convolutions of their own behind it. */
  readonly endsInPooling?: true;
  /** Feature maps of `image` [N, C, H, W], any number of channels and any size from the smallest; parameter names follow torchvision's. */
  build(scope: Scope, image: Value, options?: EncoderOptions): Features;
  /** The whole classifier that the encoder is taken from, by its own parameter names but without dropout: logits [N, numClasses] of `image` [N, C, H, W]. */
  classify(scope: Scope, image: Value, numClasses: number): Value;
}
