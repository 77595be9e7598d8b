/** @file `segkit models` and `segkit encoders`: the zoo as tables. */
import type { Command } from "commander";
import type { Encoder } from "../../encoders/encoder.js";
import { encoderNames, encoders, findEncoder } from "../../encoders/registry.js";
import { type NetworkFacts, networkFacts } from "../../models/describe.js";
import { describeOptions, type GivenOptions } from "../../models/options.js";
import { parity } from "../../models/parity.js";
import { architectures, chooseNetwork } from "../../models/registry.js";
import { imagenetWeights } from "../../weights/index.js";
import { collectSettings, parseSize, parseWhole } from "../arguments.js";
import { fieldText, layerTable, millions, projectsOf } from "../facts-text.js";
import { print, putJson } from "../output.js";
import { table } from "../table.js";

interface Asked {
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly classes: number;
  readonly set?: GivenOptions;
  readonly layers?: boolean;
  readonly json?: boolean;
}

/** Facts of an architecture; a network whose output is the middle of its input is described for the input that it needs. */
function factsOf(name: string, { size, channels, classes, set = {} }: Asked): NetworkFacts {
  const { architecture, options } = chooseNetwork(name, set);
  const { inputFor } = architecture;
  const sides = inputFor ? (size.map((side) => inputFor(side, options).input) as [number, number]) : size;
  return networkFacts((scope, image) => architecture.build(scope, image, classes, options).logits, {
    channels,
    size: sides,
  });
}

const encoderFacts = (encoder: Encoder, { size, channels }: Asked): NetworkFacts =>
  networkFacts((scope, image) => encoder.build(scope, image), { channels, size });

const numbers = (facts: NetworkFacts): string[] => [
  millions(facts.parameters),
  facts.gflops.toFixed(1),
  String(facts.outputStride),
  fieldText(facts),
];

const headings = ["parameters", "GFLOPs", "stride", "sees"];

const legend = ({ size, channels, classes }: Asked): string =>
  `\nGFLOPs: two operations a multiply-add, one image of ${channels}x${size.join("x")}, ${classes} classes; stride: of the coarsest map;\n` +
  "sees: pixels across that one output depends on (+ all: and the whole image by pooling or attention);\n" +
  "equals: projects whose outputs, loss and gradients it reproduces.";

function listModels(asked: Asked): void {
  const rows = architectures.map(({ name, year, title }) => [
    name,
    String(year),
    ...numbers(factsOf(name, asked)),
    projectsOf(parity[name]),
    title,
  ]);
  print(table(["model", "year", ...headings, "equals", "what it is"], rows, { right: [2, 3, 4] }));
  print(legend(asked));
}

function showModel(name: string, asked: Asked): void {
  const { architecture } = chooseNetwork(name, asked.set);
  const { title, paper, year, options } = architecture;
  const rows = describeOptions(options).map((option) => [
    option.name,
    option.kind,
    option.default === undefined ? "required" : JSON.stringify(option.default),
    option.description,
  ]);
  print(`${architecture.name}: ${title} (${year}, ${paper})\n`);
  const facts = factsOf(name, asked);
  print(table(headings, [numbers(facts)], { right: [0, 1, 2] }));
  print(legend(asked));
  if (asked.layers) print(`\n${layerTable(facts.layers)}`);
  print(`\n${rows.length > 0 ? table(["option", "kind", "default", "meaning"], rows) : "It has no options."}`);
  if (rows.length > 0) print(`\nGive one with: segkit train DATA --model ${name} --set ${rows[0]![0]}=VALUE`);
}

function modelJson(name: string, asked: Asked): object {
  const { architecture } = chooseNetwork(name, asked.set);
  const { title, paper, year, keepsSize, options } = architecture;
  const { layers, ...facts } = factsOf(name, asked);
  const equals = parity[architecture.name] ?? [];
  const described = { name: architecture.name, title, year, paper, keepsSize, equals, ...facts };
  return { ...described, options: describeOptions(options), ...(asked.layers ? { layers } : {}) };
}

function listEncoders(asked: Asked): void {
  const rows = encoders.map((encoder) => [
    encoder.name,
    ...numbers(encoderFacts(encoder, asked)),
    encoder.channels.join(" "),
    (encoder.outputStrides ?? [32, 16, 8]).join(" "),
    projectsOf(parity[encoder.name]),
    imagenetWeights.has(encoder.name) ? "yes" : "-",
    encoder.title,
  ]);
  const shape = ["channels of its stages", "output strides"];
  const columns = ["encoder", ...headings, ...shape, "equals", "imagenet", "what it is"];
  print(table(columns, rows, { right: [1, 2, 3] }));
  print(legend(asked));
}

function showEncoder(name: string, asked: Asked): void {
  const encoder = findEncoder(name);
  const facts = encoderFacts(encoder, asked);
  print(`${encoder.name}: ${encoder.title} (${encoder.paper})\n`);
  print(table([...headings, "channels of its stages"], [[...numbers(facts), encoder.channels.join(" ")]]));
  print(legend(asked));
  const weights = imagenetWeights.get(name);
  if (weights) print(`\n--weights imagenet: ${weights.source} (${weights.licence})`);
  if (asked.layers) print(`\n${layerTable(facts.layers)}`);
}

function encoderJson(encoder: Encoder, asked: Asked): object {
  const { name, title, paper, channels, outputStrides = [32, 16, 8] } = encoder;
  const { layers, ...facts } = encoderFacts(encoder, asked);
  const published = imagenetWeights.get(name);
  const weights = published ? { source: published.source, licence: published.licence } : null;
  const described = { name, title, paper, channels, outputStrides, weights, equals: parity[name] ?? [], ...facts };
  return { ...described, ...(asked.layers ? { layers } : {}) };
}

/** A command of the zoo with the options that both have. */
const zooCommand = (root: Command, name: string, description: string, examples: string): Command =>
  root
    .command(name)
    .description(description)
    .option("--size <HxW>", "size that arithmetic is given for", parseSize, [512, 512])
    .option("--channels <n>", "channels of the image", parseWhole(1), 3)
    .option("--layers", "list the layers with their receptive fields")
    .option("--json", "print JSON")
    .addHelpText("after", `\nExamples:\n${examples}\n`);

export function addModels(root: Command): void {
  zooCommand(
    root,
    "models",
    "list the networks with their facts, or the options of one",
    "  segkit models\n  segkit models unet --set width=16\n  segkit models deeplabv3 --size 360x480 --layers\n  segkit models --json",
  )
    .argument("[name]", "a network, to list its options")
    .option("--classes <n>", "number of classes", parseWhole(2), 21)
    .option("--set <key=value>", "option of the network; repeatable", collectSettings)
    .action((name: string | undefined, asked: Asked) => {
      if (asked.json) putJson(true, name ? modelJson(name, asked) : architectures.map((a) => modelJson(a.name, asked)));
      else if (name === undefined) listModels(asked);
      else showModel(name, asked);
    });
  zooCommand(
    root,
    "encoders",
    "list the backbones that networks such as unet-encoder take",
    "  segkit encoders\n  segkit encoders resnet50 --layers\n  segkit train DATA --model unet --encoder resnet34",
  )
    .argument("[name]", `a backbone, e.g. ${encoderNames[0]}`)
    .action((name: string | undefined, given: Omit<Asked, "classes">) => {
      const asked = { ...given, classes: 21 };
      if (asked.json)
        putJson(true, name ? encoderJson(findEncoder(name), asked) : encoders.map((e) => encoderJson(e, asked)));
      else if (name === undefined) listEncoders(asked);
      else showEncoder(name, asked);
    });
}
