/** @file Networks of meetps/pytorch-semseg that have encoders of their own. */
import { network, type Reference } from "./reference.js";

const project = "meetps/pytorch-semseg";

export const meetpsEncoderDecoders: readonly Reference[] = [
  {
    project,
    callee: "segnet",
    // Its code unpools whatever is_unpooling says.
    parameters: { n_classes: 21, in_channels: 3, is_unpooling: true },
    network: ({ n_classes }) => network("segnet", { lastNorm: true, ceilMode: false }, n_classes!),
  },
  {
    project,
    callee: "frrn",
    parameters: { n_classes: 21, model_type: "B", group_norm: false, n_groups: 16 },
    network: ({ n_classes, model_type, group_norm, n_groups }) => {
      const norm = group_norm ? "groupnorm" : "batchnorm";
      return network("frrn", { variant: model_type, form: "meetps", norm, groups: n_groups }, n_classes!);
    },
  },
];
