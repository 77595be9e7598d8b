/** @file The text of docs/reference/plan.md. */
import type { Plan } from "../../src/train/plan.js";
import { table } from "../features/markdown.js";
import {
  groupOptions,
  lossOptions,
  networkOptions,
  optimizerOptions,
  requestOptions,
  scheduleOptions,
  transformOptions,
} from "./option-tables.js";

/** What each field means, and the option of `segkit train` that sets it. A field without an entry does not compile. */
const fields: { readonly [Field in keyof Required<Plan>]: readonly [meaning: string, option: string] } = {
  version: ["version of the plan's form, 1", ""],
  data: [
    "path and name of the data set, how it was opened (fold, seed), classes with colours, `ignoreIndex`, channels, images of each split",
    "`DATA`, `--fold`",
  ],
  model: ["name of the network", "`--model`"],
  modelOptions: ["options of the network, below", "`--encoder`, `--set`"],
  size: ["height and width of the network's input while training", "`--size`"],
  inputRule: [
    "`resize`: images are brought to `size`; `tiles`: they keep their resolution, training takes crops of `size`, prediction tiles",
    "`--set inputRule=tiles`",
  ],
  normalise: ["mean and standard deviation of each channel, in the units of the files", ""],
  trainTransforms: ["transforms of training images, in order, below", "`--scale`, `--flip`, `--color`"],
  pseudoTransforms: ["transforms of training images whose masks a network made; null where there are none", ""],
  mix: [
    "what the images of a training batch take from the next one with its labels: the kind, and into which images; null: nothing",
    "`--mix`",
  ],
  evalTransforms: ["transforms of validation images", ""],
  batch: ["images in a batch", "`--batch`"],
  accumulate: ["batches whose mean gradient makes one update", "`--accumulate`"],
  length: [
    "length of the run: a count of `epochs`, `steps` (updates) or `minutes`",
    "`--epochs`, `--steps`, `--minutes`",
  ],
  optimizer: ["name and options of the optimizer, below", "`--optimizer`, `--set optimizer.NAME=VALUE`"],
  learningRate: ["the rate that the schedule scales", "`--lr`"],
  schedule: [
    "name and options of the learning rate schedule, below; `warmup` in front of it",
    "`--schedule`, `--set schedule.NAME=VALUE`",
  ],
  loss: [
    "list of losses with weights, whose sum is trained on, below",
    "`--loss` (several joined by `+`), `--set loss.LOSS.NAME=VALUE`, `--weights-of-classes`",
  ],
  sampling: [
    "how often training images are drawn: the rule, and how many times each comes in an epoch",
    "`--sampling`",
  ],
  clipping: [
    "bounds of gradients: `norm` of all together, `value` of each number; empty for none",
    "`--set clipping.norm=1`",
  ],
  parameterGroups: ["parameters with settings of their own, below", ""],
  weights: [
    "weights that training started from (`source`, `sha256`, `partial`: whether only what fits was taken); null for random ones",
    "`--weights`, `--set partialWeights=true`",
  ],
  freeze: ["what is not trained: `none`, `encoder`, or `stages:N` for its first N stages", "`--freeze`"],
  method: [
    "how unlabelled images are learnt from: `name` and `options` of the method, unlabelled images of a `batch`, transforms of their `weak` and `strong` views; null for labelled images only",
    "`segkit semi --method`, `--set method.NAME=VALUE`",
  ],
  frozenNorm: [
    "BatchNorm layers that keep their running statistics: `none`, those of frozen parts (`frozen`), the `encoder`'s, or `all`",
    "`--set frozenNorm=encoder`",
  ],
  ema: [
    "decay of the moving average of the weights, which is then what is validated and exported; 0 keeps none",
    "`--ema`",
  ],
  patience: ["validations without improvement after which the run ends; 0 never", "`--patience`"],
  validateEvery: ["updates between validations", "`--validate-every`"],
  checkpointEvery: ["updates between checkpoints, beside those at validations", "`--checkpoint-every`"],
  seed: ["seed of weights, order of images, transforms and dropout", "`--seed`"],
  device: ["where it is computed; `auto` tries accelerators first", "`--device`"],
  threads: [
    "threads inside an operator of ONNX Runtime; the same number gives the same weights bit for bit",
    "`--threads`",
  ],
  workers: ["threads that decode and augment", "`--workers`"],
};

export function planText(): string {
  const rows = Object.entries(fields).map(([name, [meaning, option]]) => [`\`${name}\``, meaning, option]);
  return `# The plan

Every run folder holds \`plan.json\`: every choice of the run, given or derived from the data, each as
\`{ "value": ..., "reason": "..." }\` (but \`version\` and \`data\`). Training, resuming, evaluation, prediction and export read it;
nothing is decided twice. Unknown keys are refused. This page is made by \`npm run docs\` from the program's own schemas.

${table(["field", "meaning", "option of `segkit train`"], rows)}

## What may be asked

The options of \`segkit train\`, of its configuration files (\`--config FILE\`, YAML or JSON; the command line overrules them), and of
\`train\` of the library. A file may also hold \`data\`, \`run\` and \`fold\`.

${requestOptions()}

## Networks

Options of \`modelOptions\`, given by \`--set NAME=VALUE\`; \`segkit models NAME\` prints the same.

${networkOptions()}

## Losses

Each entry of \`loss\` is \`{ "name": ..., "weight": 1, ...options }\`.

${lossOptions()}

## Optimizers

\`weightDecay\` adds that share of a parameter to its gradient; \`adamW\` takes it off the parameter instead.

${optimizerOptions()}

## Schedules

A schedule is \`{ "name": ..., "warmup": { "steps": N }, ...options }\`; \`warmup\` may be left out.

${scheduleOptions()}

## Parameter groups

${groupOptions()}

## Transforms

Each entry is \`{ "name": ..., ...options }\`. Geometric transforms in a row are joined and the image is resampled once.

${transformOptions()}
`;
}
