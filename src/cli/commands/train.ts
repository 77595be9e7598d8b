/** @file `segkit train`: its options; the work is done by run-train.ts. */
import { type Command, Option } from "commander";
import { parseWhole } from "../arguments.js";
import { asksForFolds, type FoldsArguments, runFolds } from "../run-folds.js";
import { runTrain } from "../run-train.js";
import { addNetworkOptions, addTrainingOptions } from "../training-options.js";

export function addTrain(root: Command): void {
  const command = root
    .command("train")
    .description("train a network on a data set, or go on with a run")
    .argument("[data]", "folder or list file of the data set");
  addNetworkOptions(command)
    .option("--run <dir>", "run folder to make")
    .addOption(
      new Option("--resume <dir>", "go on with a run exactly where it stopped").conflicts([
        "run",
        "model",
        "encoder",
        "weights",
        "freeze",
        "folds",
      ]),
    )
    .addOption(
      new Option("--folds <k>", "train and score all K folds, one after the other")
        .argParser(parseWhole(2))
        .conflicts(["fold"]),
    );
  addTrainingOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  segkit train data/camvid --model unet --run runs/camvid --size 360x480 --epochs 60
  segkit train data/camvid --model unet --encoder resnet34 --run runs/r34 --minutes 30
  segkit train data/camvid --model unet --encoder resnet34 --weights imagenet --run runs/pretrained
  segkit train data/camvid --model fpn --encoder resnet50 --weights fpn.pth --freeze stages:2 --run runs/tuned
  segkit train data/cells --model unet --set width=16 --set depth=4 --run runs/small --fold 1/5
  segkit train --config plan.yaml --set optimizer.weightDecay=0.01 --set loss.crossEntropy.labelSmoothing=0.1
  segkit train data/camvid --model unet --encoder resnet18 --run runs/planned --plan auto --memory 4GB --minutes 60
  segkit train data/nuclei --model unet --run runs/folds --folds 5
  segkit train --resume runs/camvid
`,
    )
    .action((data: string | undefined, options: FoldsArguments) => {
      const given = data === undefined ? options : { ...options, data };
      return asksForFolds(given) ? runFolds(given) : runTrain(given);
    });
}
