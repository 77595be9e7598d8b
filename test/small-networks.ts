/** @file Options that make each architecture of the registry small enough for tests. */

/** Options that make a network small; the others run at their defaults. */
export const small: { readonly [name: string]: { readonly [option: string]: unknown } } = {
  unet: { width: 4 },
  "unet-paper": { width: 4, batchNorm: true },
  "unet-contest": { width: 4 },
  "unet-zijundeng": { width: 4 },
  enet: { width: 16 },
  deeplabv3: { encoder: "resnet18", channels: 8, auxWeight: 0.4 },
  deeplabv3plus: { encoder: "resnet18", channels: 8, fineChannels: 4 },
  pspnet: { encoder: "resnet18", channels: 8, auxWeight: 0.4 },
  fpn: { encoder: "resnet18", pyramidChannels: 8, segmentationChannels: 32 },
  "linknet-encoder": { encoder: "resnet18", lastChannels: 4 },
  unetplusplus: { encoder: "resnet18", depth: 3, decoderChannels: [16, 8, 4] },
  manet: { encoder: "resnet18", depth: 4, decoderChannels: [16, 8, 4, 4], attentionChannels: 4 },
  pan: { encoder: "resnet18", channels: 8 },
  upernet: { encoder: "resnet18", channels: 8 },
  segformer: { encoder: "mit_b0", depth: 4, channels: 8 },
  "deeplabv3plus-unimatch": { encoder: "resnet18", channels: 8, fineChannels: 4 },
  "unet-encoder": { encoder: "resnet18", decoderChannels: [16, 8, 8, 4, 4] },
  "fcn-resnet": { encoder: "resnet18", outputStride: 32 },
  ...Object.fromEntries(
    ["", "-meetps", "-zijundeng"].flatMap((form) =>
      [32, 16, 8].map((stride) => [`fcn${stride}s${form}`, { width: 2, fcChannels: 8 }]),
    ),
  ),
  "deeplabv3-torchvision": { encoder: "resnet18", outputStride: 32, channels: 8 },
  lraspp: { encoder: "mobilenet_v3_small", channels: 8 },
  erfnet: { width: 16 },
  "fc-densenet": { variant: 56, growth: 4, firstChannels: 8 },
  deeplabv1: { encoder: "resnet18", fcChannels: 8 },
  deeplabv2: { encoder: "resnet18", scales: [1, 0.5] },
  segnet: { width: 4 },
  "segnet-basic": { width: 4, kernel: 3 },
  "segnet-zijundeng": { width: 4 },
};
