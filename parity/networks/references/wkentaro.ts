/** @file Networks of wkentaro/pytorch-fcn. */
import type { GivenOptions } from "../../../src/models/options.js";
import { network, type Reference } from "./reference.js";

const row = (callee: string, architecture: string, options: GivenOptions): Reference => ({
  project: "wkentaro/pytorch-fcn",
  callee,
  parameters: { n_class: 21 },
  // The project's optimizer leaves the enlarging kernels alone, but its networks hold them as parameters.
  network: ({ n_class }) => network(architecture, { ...options, deconvolution: "learned", dropout: 0 }, n_class!),
});

export const wkentaroReferences: readonly Reference[] = [
  row("FCN32s", "fcn32s", {}),
  row("FCN16s", "fcn16s", { training: "staged" }),
  row("FCN8s", "fcn8s", { training: "staged" }),
  row("FCN8sAtOnce", "fcn8s", { training: "at-once" }),
];
