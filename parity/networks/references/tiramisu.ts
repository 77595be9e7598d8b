/** @file Networks of bfortuner/pytorch_tiramisu. */
import type { Reference } from "./reference.js";

export const tiramisuReferences: readonly Reference[] = [];
