/** @file Networks of meetps/pytorch-semseg that have encoders of their own. */
import { beforeResizing, network, only, type Reference } from "./reference.js";

const project = "meetps/pytorch-semseg";

export const meetpsEncoderDecoders: readonly Reference[] = [
  {
    project,
    callee: "segnet",
    // Its code unpools whatever is_unpooling says.
    parameters: { n_classes: 21, in_channels: 3, is_unpooling: true },
    network: ({ n_classes }) => network("segnet", { lastNorm: true, ceilMode: false }, n_classes!),
  },
  {
    project,
    callee: "frrn",
    parameters: { n_classes: 21, model_type: "B", group_norm: false, n_groups: 16 },
    network: ({ n_classes, model_type, group_norm, n_groups }) => {
      const norm = group_norm ? "groupnorm" : "batchnorm";
      return network("frrn", { variant: model_type, form: "meetps", norm, groups: n_groups }, n_classes!);
    },
  },
  {
    project,
    callee: "icnet",
    parameters: {
      n_classes: 19,
      block_config: [3, 4, 6, 3],
      input_size: [1025, 2049],
      version: null,
      is_batchnorm: true,
    },
    network: (given) => {
      only(given, "version", null, "cityscapes");
      only(given, "is_batchnorm", true);
      const { n_classes, block_config } =
        given.version === null ? given : { n_classes: 19, block_config: [3, 4, 6, 3] };
      const inner = network("icnet", { layers: block_config, pyramid: "meetps" }, n_classes!);
      return (scope, image) => {
        const outputs = inner(scope, image);
        if (!scope.training) return outputs;
        const { logits, aux = [] } = outputs;
        const bare = aux.map((head) => ({ ...head, logits: beforeResizing(head.logits) }));
        return { logits: beforeResizing(logits), aux: bare };
      };
    },
  },
];
