/** @file Networks of zijundeng/pytorch-semantic-segmentation. */
import type { NetworkFixture } from "../fixture.js";
import { network, type Reference } from "./reference.js";

/** A row of an FCN; `pretrained` and `caffe` only say which weights are loaded. */
const fcnRow = (callee: string, architecture: string): Reference => ({
  project: "zijundeng/pytorch-semantic-segmentation",
  callee,
  parameters: { num_classes: 0, pretrained: true, caffe: false },
  network: ({ num_classes }) => network(architecture, { dropout: 0 }, num_classes!),
});

/** Whether stretching keeps the corners' centres, as it did in the project's time; a fixture of today's way says so. */
const alignCorners = ({ notes = [] }: NetworkFixture): boolean =>
  !notes.some((note) => note.includes("align_corners=False"));

export const zijundengReferences: readonly Reference[] = [
  fcnRow("FCN32VGG", "fcn32s-zijundeng"),
  fcnRow("FCN16VGG", "fcn16s-zijundeng"),
  fcnRow("FCN8s", "fcn8s-zijundeng"),
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "UNet",
    parameters: { num_classes: 0 },
    network: ({ num_classes }, fixture) =>
      network("unet-zijundeng", { alignCorners: alignCorners(fixture), dropout: 0 }, num_classes!),
  },
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "PSPNet",
    parameters: { num_classes: 0, pretrained: true, use_aux: true },
    network: ({ num_classes, use_aux }, fixture) => {
      const options = { alignCorners: alignCorners(fixture), aux: use_aux, dropout: 0 };
      return network("pspnet-zijundeng", options, num_classes!);
    },
  },
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "GCN",
    parameters: { num_classes: 0, input_size: null, pretrained: true },
    network: ({ num_classes, input_size }, { input }) => {
      // The reference stretches to `input_size`, ours to the image's size.
      if (JSON.stringify(input_size) !== JSON.stringify(input.shape.slice(2)))
        throw new Error(`input_size=${JSON.stringify(input_size)} is not the image's size`);
      return network("gcn", {}, num_classes!);
    },
  },
  ...["ResNetDUC", "ResNetDUCHDC"].map(
    (callee): Reference => ({
      project: "zijundeng/pytorch-semantic-segmentation",
      callee,
      parameters: { num_classes: 0, pretrained: true },
      network: ({ num_classes }) => network("duc", { hdc: callee === "ResNetDUCHDC" }, num_classes!),
    }),
  ),
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "SegNet",
    parameters: { num_classes: 0, pretrained: true },
    network: ({ num_classes }) => network("segnet-zijundeng", {}, num_classes!),
  },
];
