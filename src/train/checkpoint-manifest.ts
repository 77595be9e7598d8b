/** @file What `state.json` of a checkpoint holds: the tensor files with their checksums, and the caller's state. */
import { z } from "zod";
import type { JsonObject } from "./json.js";

/** Version of the layout of `state.json`; to be raised when older Segkits could misread it. */
export const checkpointVersion = 1;

/** The groups of tensors, each a file of its own, so that evaluation need not read the optimizer's. */
export const tensorGroups = ["weights", "optimizer", "ema", "companions"] as const;
export type TensorGroup = (typeof tensorGroups)[number];

const fileSchema = z.strictObject({
  /** A plain name: a path could point outside the checkpoint. */
  name: z.string().regex(/^[a-z]+-\d+\.safetensors$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const manifestSchema = z.strictObject({
  version: z.literal(checkpointVersion),
  files: z.partialRecord(z.enum(tensorGroups), fileSchema),
  state: z.record(z.string(), z.json()) as z.ZodType<JsonObject>,
});

export type Manifest = z.infer<typeof manifestSchema>;
