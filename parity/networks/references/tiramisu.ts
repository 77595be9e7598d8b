/** @file Networks of bfortuner/pytorch_tiramisu. */
import { LogSoftmax } from "../../../src/graph/ops/index.js";
import type { GivenOptions } from "../../../src/models/options.js";
import type { Literal } from "../call.js";
import { network, type Reference, type ReferenceNetwork } from "./reference.js";

const project = "bfortuner/pytorch_tiramisu";

/** The network with the reference's log-softmax behind it. */
function logProbabilities(options: GivenOptions, numClasses: Literal): ReferenceNetwork {
  const inner = network("fc-densenet", { ...options, dropout: 0 }, numClasses);
  return (scope, image) => ({ logits: LogSoftmax(inner(scope, image).logits, 1) });
}

/** A named variant's row; the project calls the 56 layers 57. */
const row = (callee: string, variant: number): Reference => ({
  project,
  callee,
  parameters: { n_classes: 0 },
  network: ({ n_classes }) => logProbabilities({ variant }, n_classes!),
});

export const tiramisuReferences: readonly Reference[] = [
  row("FCDenseNet57", 56),
  row("FCDenseNet67", 67),
  row("FCDenseNet103", 103),
  {
    project,
    callee: "FCDenseNet",
    parameters: {
      in_channels: 3,
      down_blocks: [5, 5, 5, 5, 5],
      up_blocks: [5, 5, 5, 5, 5],
      bottleneck_layers: 5,
      growth_rate: 16,
      out_chans_first_conv: 48,
      n_classes: 12,
    },
    network: (given) => {
      const blocks = {
        downLayers: given.down_blocks,
        upLayers: given.up_blocks,
        bottleneckLayers: given.bottleneck_layers,
      };
      const channels = { growth: given.growth_rate, firstChannels: given.out_chans_first_conv };
      return logProbabilities({ ...blocks, ...channels }, given.n_classes!);
    },
  },
];
