/** @file Networks of wkentaro/pytorch-fcn. */
import type { Reference } from "./reference.js";

export const wkentaroReferences: readonly Reference[] = [];
