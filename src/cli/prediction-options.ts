/** @file Options that `segkit eval` and `segkit predict` share: how a model looks at images, and where. */
import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { UsageError } from "../errors/index.js";
import type { PredictOptions } from "../predict/predictor.js";
import { type SymmetrySet, symmetryNames } from "../predict/symmetry.js";
import { deviceNames } from "../runtime/devices.js";
import { parseShare, parseSize, parseWhole } from "./arguments.js";

/** MODEL as given: a path, or several paths with commas between them. */
export const parseModels = (text: string): string | string[] =>
  text.includes(",") && !existsSync(text) ? text.split(",") : text;

export const modelHelp =
  "run folder, model bundle (.onnx) or folder of folds; several with commas between them are averaged";

/** The shared options as commander parses them. */
export interface PredictionArguments {
  readonly tta?: SymmetrySet;
  readonly tiles?: readonly [height: number, width: number];
  readonly overlap?: number;
  readonly inputSize?: readonly [height: number, width: number] | "native";
  readonly device: string;
  readonly threads?: number;
}

const parseInputSize = (text: string): [number, number] | "native" => (text === "native" ? text : parseSize(text));

export const addPredictionOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--tta <views>", "average over views: flip (left-right), flips (both ways), rotations, all").choices(
        symmetryNames,
      ),
    )
    .option("--tiles <HxW>", "cut images into tiles of this size instead of the model's own rule", parseSize)
    .option(
      "--overlap <share>",
      "share of a tile that its neighbour covers too, with --tiles (default: 0.5)",
      parseShare,
    )
    .option(
      "--input-size <HxW|native>",
      "size that the network sees images in, instead of the model's own rule",
      parseInputSize,
    )
    .addOption(new Option("--device <name>", "where to compute").choices(deviceNames).default("auto"))
    .option("--threads <n>", "threads inside an operator (default: the physical cores)", parseWhole(1));

/** @throws UsageError for an overlap without tiles, or of 1. */
export function predictOptionsOf({ tta, tiles, overlap, inputSize }: PredictionArguments): PredictOptions {
  if (overlap !== undefined && !tiles)
    throw new UsageError({
      expected: "--tiles HxW with --overlap",
      found: "--overlap stands alone",
      next: "Add --tiles 512x512.",
    });
  if (overlap === 1)
    throw new UsageError({ expected: "an overlap below 1", found: "--overlap 1", next: "0.5 is usual." });
  return {
    ...(tta ? { symmetries: tta } : {}),
    ...(tiles ? { tiles: { height: tiles[0], width: tiles[1], overlap: overlap ?? 0.5 } } : {}),
    ...(inputSize ? { inputSize } : {}),
  };
}
