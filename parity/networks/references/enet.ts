/** @file Networks of davidtvs/PyTorch-ENet. */
import type { Reference } from "./reference.js";

export const enetReferences: readonly Reference[] = [];
