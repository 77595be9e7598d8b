/** @file Networks of meetps/pytorch-semseg. */
import { network, only, type Reference } from "./reference.js";

export const meetpsReferences: readonly Reference[] = [
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
];
