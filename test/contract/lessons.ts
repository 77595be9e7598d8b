/**
 * @file How each architecture is taught four images. What holds for most is `usual`; an entry says what is different, because
 * a network so thin, or on images so small, needs it. About two seconds of one core each; lessons are half as long again as
 * the shortest that was seen to be enough.
 */
import { thinEncoder as encoder } from "../thin-resnet.js";

export interface Lesson {
  /** Options in place of those that make the network small. */
  readonly set: { readonly [option: string]: unknown };
  readonly steps: number;
  /** Adam's largest rate: it rises over five steps and falls to zero over all. */
  readonly learningRate: number;
  readonly height: number;
  readonly width: number;
  /** Share of the pixels that must be right in the end. */
  readonly accuracy: number;
}

const usual: Lesson = { set: {}, steps: 40, learningRate: 0.006, height: 48, width: 64, accuracy: 0.9 };

const larger = { height: 96, width: 128 };

/** Without BatchNorm a VGG of 4 channels learns slowly; thinner, its fully connected layers let nothing through. Masks are coarse. */
const fcn = (learningRate: number): Partial<Lesson> => ({
  set: { width: 4, fcChannels: 128, dropout: 0 },
  learningRate,
  ...larger,
  accuracy: 0.72,
});

const fcns = (form: string, learningRate: number): { [name: string]: Partial<Lesson> } =>
  Object.fromEntries([32, 16, 8].map((stride) => [`fcn${stride}s${form}`, fcn(learningRate)]));

const different: { readonly [name: string]: Partial<Lesson> } = {
  unet: { steps: 30, learningRate: 0.02 },
  "unet-paper": { set: { width: 8, dropout: 0 }, steps: 60, learningRate: 0.01 },
  "unet-contest": { set: { width: 8 }, steps: 30, learningRate: 0.01 },
  // No BatchNorm.
  "unet-zijundeng": { set: { width: 8, dropout: 0 }, steps: 45, learningRate: 0.02, accuracy: 0.8 },
  unetplusplus: { learningRate: 0.04 },
  enet: { set: { dropout: 0 }, steps: 45, learningRate: 0.03 },
  deeplabv1: { set: { fcChannels: 64, dropout: 0 }, learningRate: 0.012 },
  deeplabv2: { set: { dropout: 0 }, steps: 30, learningRate: 0.003 },
  deeplabv3: { set: { channels: 32 }, steps: 30, learningRate: 0.003 },
  "deeplabv3-torchvision": { set: { channels: 32, outputStride: 8 }, steps: 30, learningRate: 0.004 },
  "deeplabv3-contest": { steps: 45, learningRate: 0.01 },
  deeplabv3plus: { learningRate: 0.02 },
  "deeplabv3plus-unimatch": { set: { channels: 16, fineChannels: 8 }, learningRate: 0.006 },
  pspnet: { steps: 45, learningRate: 0.01 },
  "pspnet-contest": { steps: 30, learningRate: 0.01, accuracy: 0.8 },
  "pspnet-zijundeng": { steps: 30, learningRate: 0.01 },
  "pspnet-meetps": { steps: 60, learningRate: 0.01 },
  refinenet: { set: { encoder, dropout: 0 }, learningRate: 0.003 },
  "refinenet-lw": { set: { encoder, dropout: 0 }, learningRate: 0.006 },
  "refinenet-lw-mobilenet": { steps: 60, learningRate: 0.02 },
  gcn: { steps: 80, learningRate: 0.02 },
  duc: { steps: 30, learningRate: 0.01 },
  fpn: { set: { depth: 4 }, steps: 30, learningRate: 0.006 },
  // Its decoder is a quarter as wide as the encoder.
  "linknet-encoder": { set: { encoder: "resnet18", depth: 3, lastChannels: 16 } },
  "unet-encoder": { set: { depth: 4, decoderChannels: [16, 8, 8, 4] }, steps: 45 },
  upernet: { set: { depth: 4 }, learningRate: 0.01 },
  manet: { set: { encoder, depth: 3, decoderChannels: [16, 16, 16], attentionChannels: 8 }, steps: 25 },
  pan: { learningRate: 0.006 },
  segformer: { set: { channels: 32 }, steps: 25, learningRate: 0.005 },
  "fcn-resnet": { set: { outputStride: 8, dropout: 0 }, steps: 25, learningRate: 0.003 },
  // The running statistics of MobileNet v3 follow by a hundredth a step: forty steps would be too few.
  lraspp: { set: { encoder }, steps: 30, learningRate: 0.003 },
  ...fcns("", 0.002),
  ...fcns("-meetps", 0.003),
  ...fcns("-zijundeng", 0.001),
  erfnet: { set: { dropout: 0 }, steps: 75, learningRate: 0.02 },
  "fc-densenet": { set: { dropout: 0 }, learningRate: 0.01 },
  dilatednet: { set: { width: 4, fcChannels: 128, dropout: 0 }, steps: 60, learningRate: 0.004, accuracy: 0.72 },
  pixelnet: {
    set: { width: 4, fcChannels: 16, hidden: [32], dropout: 0, batchNorm: true },
    steps: 45,
    learningRate: 0.01,
  },
  // Windows dilated by 12 see their neighbours only in maps that are larger.
  segaware: {
    set: { width: 8, fcChannels: 64, dropout: 0, sideWeight: 0.1 },
    steps: 60,
    learningRate: 0.005,
    ...larger,
    accuracy: 0.85,
  },
  segnet: { set: { width: 8 }, steps: 80, learningRate: 0.01 },
  "segnet-basic": { set: { width: 8 }, steps: 45, learningRate: 0.02 },
  "segnet-zijundeng": { steps: 60, learningRate: 0.01 },
  // It pads all images to 224.
  deconvnet: {
    set: { fcChannels: 64, width: 4 },
    steps: 60,
    learningRate: 0.02,
    height: 160,
    width: 224,
    accuracy: 0.7,
  },
  frrn: { learningRate: 0.01 },
  icnet: { learningRate: 0.02, accuracy: 0.85 },
  "patch-cnn": {
    set: { width: 8, fcChannels: 32, samples: 50 },
    steps: 75,
    learningRate: 0.02,
    accuracy: 0.75,
  },
};

/** How the architecture of a name is taught. */
export const lessonFor = (name: string): Lesson => ({ ...usual, ...different[name] });
