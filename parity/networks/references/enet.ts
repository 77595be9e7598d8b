/** @file Networks of davidtvs/PyTorch-ENet. */
import { network, type Reference } from "./reference.js";

export const enetReferences: readonly Reference[] = [
  {
    project: "davidtvs/PyTorch-ENet",
    callee: "ENet",
    parameters: { num_classes: 0, encoder_relu: false, decoder_relu: true },
    network: ({ num_classes, encoder_relu, decoder_relu }) => {
      const activations = {
        encoderActivation: encoder_relu ? "relu" : "prelu",
        decoderActivation: decoder_relu ? "relu" : "prelu",
      };
      return network("enet", { ...activations, dropout: 0 }, num_classes!);
    },
  },
];
