/** @file Networks and classifiers of torchvision. */
import type { GivenOptions } from "../../../src/models/options.js";
import { classifier, network, only, type Reference } from "./reference.js";

const project = "torchvision";

/** A classifier's row: the constructor has our encoder's name. */
const row = (callee: string): Reference => ({
  project,
  callee,
  parameters: { weights: null, progress: true, num_classes: 1000 },
  network: ({ num_classes }) => classifier(callee, num_classes!),
});

/** A row of a classifier that ends in dropout, whose rate means nothing here: it is off. */
const rowWithDropout = (callee: string): Reference => ({
  ...row(callee),
  parameters: { weights: null, progress: true, num_classes: 1000, init_weights: true, dropout: 0.5 },
});

/** A row of a MobileNet or EfficientNet, whose randomness is off whatever its rates. */
const mobileRow = (callee: string): Reference => ({
  ...row(callee),
  parameters: { weights: null, progress: true, num_classes: 1000, dropout: 0.2, stochastic_depth_prob: 0.2 },
});

/** A row of a DenseNet, whose dropout is off whatever its rate. */
const densenetRow = (callee: string): Reference => ({
  ...row(callee),
  parameters: { weights: null, progress: true, num_classes: 1000, drop_rate: 0, memory_efficient: false },
});

/** A row of an Inception network, built without the auxiliary classifiers and the change of the colours' scale. */
const inceptionRow = (callee: string): Reference => ({
  project,
  callee,
  parameters: {
    weights: null,
    progress: true,
    num_classes: 1000,
    aux_logits: true,
    transform_input: false,
    init_weights: null,
    dropout: null,
    dropout_aux: null,
  },
  network: (given) => {
    only(given, "aux_logits", false);
    only(given, "transform_input", false);
    return classifier(callee, given.num_classes!);
  },
});

/** A row of a segmentation network; torchvision dilates ResNets to output stride 8 and MobileNet v3 to 16. */
const segmentationRow = (callee: string, architecture: string, encoder: string, more: GivenOptions): Reference => ({
  project,
  callee,
  parameters: { weights: null, progress: true, num_classes: 21, aux_loss: null, weights_backbone: null },
  network: ({ num_classes, aux_loss }) =>
    network(architecture, { encoder, aux: aux_loss === true, ...more }, num_classes ?? 21),
});

const withoutDropout = { dropout: 0, auxDropout: 0 };

export const torchvisionReferences: readonly Reference[] = [
  ...["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"].map(row),
  rowWithDropout("alexnet"),
  ...["vgg11", "vgg13", "vgg16", "vgg19"].flatMap((name) => [name, `${name}_bn`]).map(rowWithDropout),
  ...["googlenet", "inception_v3"].map(inceptionRow),
  ...["densenet121", "densenet161", "densenet169", "densenet201"].map(densenetRow),
  ...["mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"].map(mobileRow),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((size) => `efficientnet_b${size}`).map(mobileRow),
  ...["resnet50", "resnet101"].flatMap((encoder) => [
    segmentationRow(`fcn_${encoder}`, "fcn-resnet", encoder, { dropout: 0 }),
    segmentationRow(`deeplabv3_${encoder}`, "deeplabv3-torchvision", encoder, withoutDropout),
  ]),
  segmentationRow("deeplabv3_mobilenet_v3_large", "deeplabv3-torchvision", "mobilenet_v3_large", {
    ...withoutDropout,
    outputStride: 16,
    firstDilation: "stage",
    auxMap: 3,
  }),
  {
    project,
    callee: "lraspp_mobilenet_v3_large",
    parameters: { weights: null, progress: true, num_classes: 21, weights_backbone: null, aux_loss: false },
    network: (given) => {
      only(given, "aux_loss", null, false);
      return network("lraspp", {}, given.num_classes ?? 21);
    },
  },
];
