/** @file `segkit semi`: its options; the work is done by run-semi.ts. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { semiMethods } from "../../verbs/semi/index.js";
import { parseWhole } from "../arguments.js";
import { runSemi, type SemiArguments } from "../run-semi.js";
import { addNetworkOptions, addTrainingOptions } from "../training-options.js";

/** `K/N`: the labels of K of every N images. */
function parseLabels(text: string): { keep: number; of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [keep, of] = [Number(match?.[1]), Number(match?.[2])];
  if (!(keep >= 1 && of >= keep)) throw new InvalidArgumentError("expected KEEP/OF, e.g. 1/8.");
  return { keep, of };
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

const methodHelp = (): string => {
  const width = Math.max(...semiMethods.map(({ name }) => name.length));
  return semiMethods.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join("\n");
};

export function addSemi(root: Command): void {
  const command = root
    .command("semi")
    .description("train from few labels and many images without, or go on with such a run")
    .argument("[data]", "folder or list file of the data set")
    // Not choices: of an unknown name the nearest is said.
    .option("--method <name>", "how unlabelled images are learnt from, below; options by --set method.NAME=VALUE")
    .option("--unlabelled <folder>", "images without masks, subfolders included")
    .option(
      "--labels <k/n>",
      "keep the labels of K of every N training images, the others count as unlabelled",
      parseLabels,
    )
    .option("--labels-seed <n>", "seed of that choice (default: that of everything)", parseWhole(0))
    .option("--first <run>", "take the first round from this run, if it was trained as that of the new one would be")
    .option(
      "--sweep <option=values>",
      "train once for each value of an option of the method or the training; repeatable, for all combinations",
      collect,
    );
  addNetworkOptions(command)
    .option("--run <dir>", "run folder to make")
    .addOption(
      new Option("--resume <dir>", "go on with a run or a sweep exactly where it stopped").conflicts([
        "run",
        "method",
        "unlabelled",
        "labels",
        "sweep",
        "first",
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
Methods:
${methodHelp()}
Methods in rounds (self-training, st++) share the length given out among their rounds.

Examples:
  segkit semi data/camvid --method self-training --labels 1/8 --steps 2000 --run runs/few
  segkit semi data/cells --method unimatch --unlabelled photos --model unet --encoder resnet18 --run runs/cells
  segkit semi data/camvid --method self-training --labels 1/8 --set method.merge=mean --set method.rounds=4 --run runs/mean
  segkit semi data/camvid --method self-training --labels 1/8 --sweep portion=2%,5%,10%,20%,40%,60% --run runs/portions
  segkit semi data/camvid --method self-training --labels 1/8 --sweep portion=5%,20% --sweep model=enet,unet/resnet18 --run runs/both
  segkit semi data/camvid --method self-training --labels 1/8 --steps 2000 --set method.threshold=uniform --first runs/few --run runs/uniform
  segkit semi --resume runs/few
`,
    )
    .action((data: string | undefined, options: SemiArguments) =>
      runSemi(data === undefined ? options : { ...options, data }),
    );
}
