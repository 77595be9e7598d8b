/** @file The options of every command that trains: its network, length, learning, augmentation, machine. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { mixKinds } from "../data/batch-mix.js";
import { samplingRules } from "../data/sampling.js";
import { deviceNames } from "../runtime/devices.js";
import {
  collectSettings,
  parseFold,
  parsePositive,
  parseRange,
  parseShare,
  parseSize,
  parseWhole,
} from "./arguments.js";

/** A rule's name, or numbers such as `1,2.5,0.3`. */
function parseClassWeights(text: string): string | number[] {
  if (!/^[\d.,e+\s-]+$/i.test(text)) return text;
  const parts = text.split(",");
  const weights = parts.map(Number);
  // An empty part would be the number 0, and a class that is never learnt.
  if (parts.some((part) => part.trim() === "") || weights.some((weight) => !(weight >= 0)))
    throw new InvalidArgumentError("expected a rule, or numbers from 0 on such as 1,2.5,0.3.");
  return weights;
}

/** Adds what is learnt with: the network, its weights. */
export function addNetworkOptions(command: Command): Command {
  return command
    .option("--model <name>", "network (segkit models lists them)")
    .option("--encoder <name>", "backbone, for networks that take one")
    .option(
      "--weights <source>",
      "weights to start from: a file, https://..., hf:OWNER/NAME[@REVISION][/FILE], or imagenet for the encoder",
    )
    .option("--freeze <what>", "what is not trained: encoder, or stages:N for its first N stages");
}

/** Adds all other options of a training, behind the folders. */
export function addTrainingOptions(command: Command): Command {
  return command
    .option("--config <file>", "YAML or JSON file with options; the command line overrules it")
    .option(
      "--set <key=value>",
      "option of the network (width=16), of the run (ema=0.99), or of its optimizer, schedule, loss or clipping (optimizer.momentum=0.9); repeatable",
      collectSettings,
    )
    .option("--size <HxW>", "size that images are brought to", parseSize)
    .option("--batch <n>", "images in a batch", parseWhole(1))
    .option("--accumulate <n>", "batches whose gradients make one update", parseWhole(1))
    .addOption(new Option("--epochs <n>", "length in passes over the images").argParser(parsePositive))
    .addOption(new Option("--steps <n>", "length in updates").argParser(parseWhole(1)).conflicts(["epochs"]))
    .addOption(new Option("--minutes <m>", "length in minutes").argParser(parsePositive).conflicts(["epochs", "steps"]))
    .addOption(
      new Option(
        "--plan <how>",
        "auto: measure memory and time of steps to choose size, batch and accumulation, and test learning rates, in 100 s at most",
      ).choices(["auto"]),
    )
    .option(
      "--memory <amount>",
      "most memory that the run may need, with --plan auto, e.g. 4GB (default: 60 % of what is free)",
    )
    .option("--optimizer <name>", "optimizer")
    .option("--lr <x>", "highest learning rate", parsePositive)
    .option("--schedule <name>", "learning rate schedule")
    .option("--loss <name>", "loss")
    .option(
      "--weights-of-classes <rule>",
      "weights in the loss: a rule, or numbers such as 1,2.5,0.3",
      parseClassWeights,
    )
    .addOption(
      new Option("--sampling <rule>", "which images are drawn how often (default: uniform)").choices(samplingRules),
    )
    .option("--rare-crops <share>", "share of the crops that must hold a rare class", parseShare)
    .option("--ema <decay>", "moving average of the weights; 0 for none", parseShare)
    .option("--patience <n>", "end after this many validations without improvement", parseWhole(1))
    .option(
      "--validate-every <steps>",
      "updates between validations (default: each epoch, at most about 100 times)",
      parseWhole(1),
    )
    .option("--checkpoint-every <steps>", "updates between checkpoints, beside those at validations", parseWhole(1))
    .option("--fold <k/n>", "train on fold K of N", parseFold)
    .option("--scale <low,high>", "augmentation: bounds of the random scale", parseRange)
    .addOption(new Option("--flip <how>", "augmentation: mirroring").choices(["horizontal", "both", "none"]))
    .option("--color <strength>", "augmentation: strength of colour changes, 0 for none", parseShare)
    .addOption(
      new Option("--mix <how>", "augmentation: boxes or classes of other images pasted in").choices([
        "none",
        ...mixKinds,
      ]),
    )
    .option("--seed <n>", "seed of everything random", parseWhole(0))
    .option("--threads <n>", "threads inside an operator", parseWhole(1))
    .option("--workers <n>", "threads that decode and augment", parseWhole(0))
    .addOption(new Option("--device <name>", "where to compute (default: auto)").choices(deviceNames))
    .option("--no-doctor", "do not check the data set first")
    .option("--json", "print one JSON object a line instead of text");
}
