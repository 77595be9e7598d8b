/**
 * @file How two projects build the same EfficientNets: torchvision, and efficientnet_pytorch (Apache-2.0), which
 * segmentation_models.pytorch takes. They differ in names, norms, padding and how weights start.
 */
import { type Initializer, kaimingNormalFanOut, torchDefault, uniform, zeros } from "../nn/initializers.js";
import { type InvertedResidualNames, sequenceNames } from "../nn/inverted-residual.js";
import type { BatchNorm2dOptions } from "../nn/norm.js";

/** Where a block stands: its stage, its place there, and its place among all blocks, all counted from 0. */
export interface BlockPlace {
  readonly stage: number;
  readonly inStage: number;
  readonly index: number;
}

/** A way to build EfficientNets. */
export interface Convention {
  /** Sequence that holds the layers in the classifier; `bare` leaves it out of names. */
  readonly sequence: string;
  readonly stem: readonly [conv: string, norm: string];
  readonly head: readonly [conv: string, norm: string];
  readonly classifier: string;
  readonly block: (place: BlockPlace) => string;
  readonly names: (expansion: boolean) => InvertedResidualNames;
  readonly norm: BatchNorm2dOptions;
  readonly initializer: Initializer;
  /** How the fully connected layer starts, where not as PyTorch's own do. */
  readonly classifierStart?: { readonly initializer: Initializer; readonly biasInitializer: Initializer };
  /**
   * Whether strided convolutions pad as TensorFlow does for the image size that the variant was designed for: more at the
   * end than at the beginning. Otherwise they pad alike on both sides.
   */
  readonly padsAtEnd: boolean;
}

/** TensorFlow's norms. */
const slowNorm = { eps: 1e-3, momentum: 0.01 } as const;

/** torchvision's way, whose norms are PyTorch's own up to b4. */
export const torchvisionConvention = (ownNorms: boolean): Convention => ({
  sequence: "features",
  stem: ["0.0", "0.1"],
  head: ["8.0", "8.1"],
  classifier: "classifier.1",
  block: ({ stage, inStage }) => `${stage + 1}.${inStage}`,
  names: (expansion) => sequenceNames("block", { expansion, squeeze: true }),
  norm: ownNorms ? {} : slowNorm,
  initializer: kaimingNormalFanOut,
  classifierStart: { initializer: uniform(([classes]) => 1 / Math.sqrt(classes!)), biasInitializer: zeros },
  padsAtEnd: false,
});

export const efficientnetPytorchConvention: Convention = {
  sequence: "",
  stem: ["_conv_stem", "_bn0"],
  head: ["_conv_head", "_bn1"],
  classifier: "_fc",
  block: ({ index }) => `_blocks.${index}`,
  names: () => ({
    expand: ["_expand_conv", "_bn0"],
    depthwise: ["_depthwise_conv", "_bn1"],
    squeeze: ["_se_reduce", "_se_expand"],
    project: ["_project_conv", "_bn2"],
  }),
  norm: slowNorm,
  initializer: torchDefault,
  padsAtEnd: true,
};
