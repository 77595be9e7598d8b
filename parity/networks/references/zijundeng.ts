/** @file Networks of zijundeng/pytorch-semantic-segmentation. */
import { network, type Reference } from "./reference.js";

export const zijundengReferences: readonly Reference[] = [
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "UNet",
    parameters: { num_classes: 0 },
    network: ({ num_classes }, { notes = [] }) => {
      const alignCorners = !notes.some((note) => note.includes("align_corners=False"));
      return network("unet-zijundeng", { alignCorners, dropout: 0 }, num_classes!);
    },
  },
];
