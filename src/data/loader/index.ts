/** @file The loader of batches. */
export type { Batch, BrokenSample } from "./batch.js";
export { createLoader, type Loader, type LoaderOptions, type LoaderRange } from "./loader.js";
