/** @file Networks of Eromera/erfnet_pytorch. */
import { network, only, type Reference } from "./reference.js";

export const erfnetReferences: readonly Reference[] = [
  {
    project: "Eromera/erfnet_pytorch",
    callee: "Net",
    parameters: { num_classes: 0, encoder: null },
    network: (given) => {
      only(given, "encoder", null);
      return network("erfnet", { dropout: 0 }, given.num_classes!);
    },
  },
];
