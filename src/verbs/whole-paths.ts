/** @file Options of a training whose paths hold from wherever it goes on. */
import { resolve } from "node:path";
import { wholeSource } from "../weights/source.js";
import type { TrainOptions } from "./train.js";

/** The same options with whole paths, for a file that another command reads, perhaps from another folder. */
export function withWholePaths<Options extends TrainOptions>(options: Options): Options {
  const { weights } = options;
  const folders = (["data", "unlabelled", "pseudo"] as const).flatMap((name) => {
    const path = options[name];
    return path === undefined ? [] : [[name, resolve(path)]];
  });
  return {
    ...options,
    ...Object.fromEntries(folders),
    ...(weights === undefined ? {} : { weights: wholeSource(weights) }),
  };
}
