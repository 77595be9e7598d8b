/** @file Networks of zijundeng/pytorch-semantic-segmentation. */
import { network, type Reference } from "./reference.js";

/** A row of an FCN; `pretrained` and `caffe` only say which weights are loaded. */
const fcnRow = (callee: string, architecture: string): Reference => ({
  project: "zijundeng/pytorch-semantic-segmentation",
  callee,
  parameters: { num_classes: 0, pretrained: true, caffe: false },
  network: ({ num_classes }) => network(architecture, { dropout: 0 }, num_classes!),
});

export const zijundengReferences: readonly Reference[] = [
  fcnRow("FCN32VGG", "fcn32s-zijundeng"),
  fcnRow("FCN16VGG", "fcn16s-zijundeng"),
  fcnRow("FCN8s", "fcn8s-zijundeng"),
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "UNet",
    parameters: { num_classes: 0 },
    network: ({ num_classes }, { notes = [] }) => {
      const alignCorners = !notes.some((note) => note.includes("align_corners=False"));
      return network("unet-zijundeng", { alignCorners, dropout: 0 }, num_classes!);
    },
  },
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "SegNet",
    parameters: { num_classes: 0, pretrained: true },
    network: ({ num_classes }) => network("segnet-zijundeng", {}, num_classes!),
  },
];
