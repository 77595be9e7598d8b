/** @file Fixtures of operators: which table of builders runs which file. */
import type { ParityCase } from "../case.js";
import { activationCases } from "./activation.js";
import { runBoxCases } from "./boxes.js";
import { convCases } from "./conv.js";
import { linearCases } from "./linear.js";
import { lossCases } from "./loss.js";
import { normCases } from "./norm.js";
import { poolCases } from "./pool.js";
import { type OpFixture, type OpTable, runCases } from "./run.js";
import { spaceCases } from "./space.js";

/** Builders for each file of `ops/`, by the file's own name for itself. */
const tables: { readonly [file: string]: OpTable } = {
  "ops/activation": activationCases,
  "ops/norm": normCases,
  "ops/linear": linearCases,
  "ops/loss": lossCases,
  "ops/conv2d": convCases,
  "ops/conv2d_more": convCases,
  "ops/conv_transpose2d": convCases,
  "ops/deform_conv2d": convCases,
  "ops/avg_pool2d": poolCases,
  "ops/adaptive_avg_pool2d": poolCases,
  "ops/max_pool2d": poolCases,
  "ops/adaptive_max_pool2d": poolCases,
  "ops/max_unpool2d": poolCases,
  "ops/interpolate_bilinear": spaceCases,
  "ops/interpolate_bicubic": spaceCases,
  "ops/interpolate_nearest": spaceCases,
  "ops/pad": spaceCases,
  "ops/pixel_shuffle": spaceCases,
  "ops/grid_sample": spaceCases,
  "ops/roi_align": spaceCases,
};

/** The one file whose cases have no graph. */
const boxes = "ops/boxes";

/** Names of the files that can be run. */
export const opFixtureFiles: readonly string[] = [...Object.keys(tables), boxes];

/** Whether a file says of itself that it holds cases of an operator family listed here. */
export const isOpFixture = (json: { readonly file?: unknown }): boolean =>
  typeof json.file === "string" && opFixtureFiles.includes(json.file);

/** Runs every case of one operator fixture file. */
export function runOpFixture(json: OpFixture): AsyncIterable<ParityCase> {
  return json.file === boxes ? runBoxCases(json) : runCases(json, tables[json.file] ?? {});
}
