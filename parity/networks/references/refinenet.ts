/** @file Networks of DrSleep's refinenet-pytorch and light-weight-refinenet, which leave the last resizing to their loss. */
import { resnetPlans } from "../../../src/nn/residual.js";
import type { Literal } from "../call.js";
import { beforeResizing, network, only, type Reference, type ReferenceNetwork } from "./reference.js";

const coarse =
  (inner: ReferenceNetwork): ReferenceNetwork =>
  (scope, image) => {
    const { logits } = inner(scope, image);
    return { logits: beforeResizing(logits) };
  };

/** The ResNet of bottlenecks with so many blocks in its stages. */
function encoderOf(layers: Literal): string {
  const found = Object.entries(resnetPlans).find(
    ([, plan]) => plan.block === "bottleneck" && JSON.stringify(plan.layers) === JSON.stringify(layers),
  );
  if (!found) throw new Error(`no encoder has stages of ${JSON.stringify(layers)} bottlenecks`);
  return found[0];
}

const refinenet = (encoder: string, numClasses: Literal): ReferenceNetwork =>
  coarse(network("refinenet", { encoder, dropout: 0 }, numClasses));

/** What every function of the projects takes; it says which weights are loaded. */
const weights = { imagenet: false, pretrained: true };

const lightWeightRow = (callee: string, encoder: string): Reference => ({
  project: "DrSleep/light-weight-refinenet",
  callee,
  parameters: { num_classes: 0, ...weights },
  network: ({ num_classes }) => coarse(network("refinenet-lw", { encoder, dropout: 0 }, num_classes!)),
});

export const refinenetReferences: readonly Reference[] = [
  {
    project: "DrSleep/refinenet-pytorch",
    callee: "RefineNet",
    parameters: { block: null, layers: null, num_classes: 21 },
    network: (given) => {
      only(given, "block", { name: "Bottleneck" });
      return refinenet(encoderOf(given.layers!), given.num_classes!);
    },
  },
  {
    project: "DrSleep/refinenet-pytorch",
    callee: "rf101",
    parameters: { num_classes: 0, ...weights },
    network: ({ num_classes }) => refinenet("resnet101", num_classes!),
  },
  lightWeightRow("rf_lw50", "resnet50"),
  lightWeightRow("rf_lw101", "resnet101"),
  lightWeightRow("rf_lw152", "resnet152"),
  {
    project: "DrSleep/light-weight-refinenet",
    callee: "mbv2",
    parameters: { num_classes: 0, ...weights },
    network: ({ num_classes }) => coarse(network("refinenet-lw-mobilenet", {}, num_classes!)),
  },
];
