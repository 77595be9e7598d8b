/** @file Networks of meetps/pytorch-semseg. */
import { meetpsEncoderDecoders } from "./meetps-encoder-decoders.js";
import { beforeResizing, network, only, type Reference } from "./reference.js";

/** A row of an FCN; only FCN-8s has learned enlarging kernels, and has them unless told otherwise. */
const fcnRow = (callee: string, learned: boolean): Reference => ({
  project: "meetps/pytorch-semseg",
  callee,
  parameters: { n_classes: 21, learned_billinear: learned },
  network: (given) => {
    if (!learned) only(given, "learned_billinear", false);
    const deconvolution = given.learned_billinear ? "learned" : "none";
    return network(`${callee}-meetps`, { dropout: 0, ...(learned ? { deconvolution } : {}) }, given.n_classes!);
  },
});

/** Classes and residual blocks of the named versions of its PSPNet. */
const pspnetVersions = {
  pascal: { classes: 21, layers: [3, 4, 23, 3] },
  cityscapes: { classes: 19, layers: [3, 4, 23, 3] },
  ade20k: { classes: 150, layers: [3, 4, 6, 3] },
};

const pspnetRow: Reference = {
  project: "meetps/pytorch-semseg",
  callee: "pspnet",
  parameters: { n_classes: 21, block_config: [3, 4, 23, 3], input_size: [473, 473], version: null },
  network: (given) => {
    only(given, "version", null, ...Object.keys(pspnetVersions));
    const version = pspnetVersions[given.version as keyof typeof pspnetVersions];
    const layers = version?.layers ?? given.block_config;
    const inner = network("pspnet-meetps", { layers, dropout: 0 }, version?.classes ?? given.n_classes!);
    return (scope, image) => {
      const { logits, aux = [] } = inner(scope, image);
      return { logits, aux: aux.map((head) => ({ ...head, logits: beforeResizing(head.logits) })) };
    };
  },
};

export const meetpsReferences: readonly Reference[] = [
  fcnRow("fcn32s", false),
  fcnRow("fcn16s", false),
  fcnRow("fcn8s", true),
  pspnetRow,
  {
    project: "meetps/pytorch-semseg",
    callee: "unet",
    parameters: { feature_scale: 4, n_classes: 21, is_deconv: true, in_channels: 3, is_batchnorm: true },
    network: (given) => {
      // With is_deconv=False the reference's own channel counts do not fit.
      only(given, "is_deconv", true);
      const width = 64 / (given.feature_scale as number);
      return network("unet-paper", { width, batchNorm: given.is_batchnorm, dropout: 0 }, given.n_classes!);
    },
  },
  ...meetpsEncoderDecoders,
];
