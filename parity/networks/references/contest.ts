/** @file Networks of the segmentation contest's system, CPones/Image-Segmentation-for-Semi-Supervised-Learning. */
import { network, type Reference } from "./reference.js";

/** What stands behind the call says which of the two readings of the dilations a fixture is of. */
const deeplabReadings: ReadonlyMap<string, string> = new Map([
  ["", "executed"],
  [", cascade 2-4-8-16", "cascade"],
]);

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
  {
    project: "CPones/Image-Segmentation-for-Semi-Supervised-Learning",
    callee: "Deeplabv3",
    parameters: { num_classes: 2, backbone: "resnet50" },
    network: ({ num_classes }, _, rest) => {
      const reading = deeplabReadings.get(rest);
      if (!reading) throw new Error(`nothing is known of "${rest}"`);
      return network("deeplabv3-contest", { reading }, num_classes!);
    },
  },
];
