/** @file Networks and classifiers of torchvision. */
import { classifier, type Reference } from "./reference.js";

const project = "torchvision";

/** A classifier's row: the constructor has our encoder's name. */
const row = (callee: string): Reference => ({
  project,
  callee,
  parameters: { weights: null, progress: true, num_classes: 1000 },
  network: ({ num_classes }) => classifier(callee, num_classes!),
});

export const torchvisionReferences: readonly Reference[] = [
  ...["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"].map(row),
];
