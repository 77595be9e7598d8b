/** @file Networks of Eromera/erfnet_pytorch. */
import type { Reference } from "./reference.js";

export const erfnetReferences: readonly Reference[] = [];
