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
];
