/** @file Networks of the segmentation contest's system, CPones/Image-Segmentation-for-Semi-Supervised-Learning. */
import { network, type Reference } from "./reference.js";

export const contestReferences: readonly Reference[] = [
  {
    project: "CPones/Image-Segmentation-for-Semi-Supervised-Learning",
    callee: "UNet",
    parameters: { num_classes: 2 },
    network: ({ num_classes }) => network("unet-contest", {}, num_classes!),
  },
  {
    project: "CPones/Image-Segmentation-for-Semi-Supervised-Learning",
    callee: "PSPnet",
    parameters: { num_classes: 2, backbone: "resnet50" },
    network: ({ num_classes }) => network("pspnet-contest", { dropout: 0 }, num_classes!),
  },
];
