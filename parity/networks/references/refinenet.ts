/** @file Networks of DrSleep's refinenet-pytorch and light-weight-refinenet. */
import type { Reference } from "./reference.js";

export const refinenetReferences: readonly Reference[] = [];
