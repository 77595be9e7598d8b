/** @file Evidence: the fixture files whose passing cases an operator, network, loss and so on took part in. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const evidenceKinds = [
  "operators",
  "gradients",
  "networks",
  "encoders",
  "losses",
  "optimizers",
  "schedules",
] as const;

/** By kind and name: fixture files as `folder/name`. */
export type Evidence = { readonly [kind in (typeof evidenceKinds)[number]]: { readonly [name: string]: string[] } };

export const evidenceFile = fileURLToPath(new URL("../evidence.json", import.meta.url));

export const readEvidence = (): Evidence => JSON.parse(readFileSync(evidenceFile, "utf8")) as Evidence;
