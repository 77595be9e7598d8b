/** @file docs/reference/zoo.md and its pictures: every network with its facts, and one drawing made from its graph. */

import { fieldText, millions, projectsOf } from "../../src/cli/facts-text.js";
import { encoders } from "../../src/encoders/registry.js";
import { networkFacts } from "../../src/models/describe.js";
import type { Architecture } from "../../src/models/model.js";
import { parity } from "../../src/models/parity.js";
import { architectures, chooseNetwork } from "../../src/models/registry.js";
import { fileList, table } from "../features/markdown.js";
import { drawing } from "./drawing.js";
import { modulesOf } from "./modules.js";

const size = 512;

function factsOf(architecture: Architecture) {
  const { options } = chooseNetwork(architecture.name);
  const side = architecture.inputFor?.(size, options).input ?? size;
  return networkFacts((scope, image) => architecture.build(scope, image, 21, options).logits, { size: [side, side] });
}

const anchor = (name: string): string => `[\`${name}\`](#${name})`;

const overview = (): string =>
  table(
    ["network", "year", "parameters", "GFLOPs", "stride", "sees", "equals"],
    architectures.map((architecture) => {
      const facts = factsOf(architecture);
      const numbers = [
        millions(facts.parameters),
        facts.gflops.toFixed(1),
        String(facts.outputStride),
        fieldText(facts),
      ];
      return [anchor(architecture.name), String(architecture.year), ...numbers, projectsOf(parity[architecture.name])];
    }),
  );

const encoderTable = (): string =>
  table(
    ["encoder", "what it is", "parameters", "GFLOPs", "sees", "channels of its stages", "output strides", "equals"],
    encoders.map((encoder) => {
      const facts = networkFacts((scope, image) => encoder.build(scope, image), { size: [size, size] });
      const { name, title, channels, outputStrides = [32, 16, 8] } = encoder;
      const numbers = [millions(facts.parameters), facts.gflops.toFixed(1), fieldText(facts)];
      const shape = [channels.join(" "), outputStrides.join(" ")];
      return [`\`${name}\``, title, ...numbers, ...shape, projectsOf(parity[name])];
    }),
  );

function section(architecture: Architecture): string {
  const { name, title, year, paper } = architecture;
  const files = parity[name] ?? [];
  return [
    `### ${name}`,
    `${title} (${year}, <${paper}>). ${files.length > 0 ? `Equal to the fixtures ${fileList([...files])}.` : "There are no fixtures of a reference for it; its tests check counts and structure."}`,
    `![modules of ${name}](../images/zoo/${name}.svg)`,
  ].join("\n\n");
}

/** Text of docs/reference/zoo.md. */
export const zooText = (): string =>
  `${[
    "# The zoo",
    "<!-- Written by `npm run docs`; do not edit. -->",
    "Every network and backbone with what can be said of it without running it, at its default options. `segkit models NAME` prints the options, `segkit models NAME --layers` the receptive field layer by layer.",
    `GFLOPs count two operations a multiply-add of convolutions and matrix products, for one image of 3x${size}x${size} and 21 classes. The stride is that of the coarsest map. A network sees that many pixels across with each output; "+ all" means that it looks at the whole image besides, by pooling or attention. "Equals" names the reference projects whose outputs, loss and gradients it reproduces from the same weights, by \`npm run parity\`.`,
    "## Networks",
    overview(),
    "## Encoders",
    encoderTable(),
    "## Drawings",
    "Boxes are modules with their channels, from left to right as they run, from top to bottom by stride. `+`, `∥` and `×` join maps by sum, concatenation and product, `↕` changes the size, `μ` is a mean over the map. Orange lines pass modules by.",
    ...architectures.map(section),
  ].join("\n\n")}\n`;

/** Pictures by file. */
export const zooDrawings: { readonly [file: string]: () => string } = Object.fromEntries(
  architectures.map((architecture) => [
    `docs/images/zoo/${architecture.name}.svg`,
    () => drawing(modulesOf(architecture)),
  ]),
);
