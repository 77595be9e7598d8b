/** @file `segkit train`: its options; the work is done by run-train.ts. */
import { type Command, Option } from "commander";
import { runTrain, type TrainArguments } from "../run-train.js";
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
      ]),
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
  segkit train --resume runs/camvid
`,
    )
    .action((data: string | undefined, options: TrainArguments) =>
      runTrain(data === undefined ? options : { ...options, data }),
    );
}
