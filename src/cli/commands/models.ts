/** @file `segkit models` and `segkit encoders`: the zoo as tables. */
import type { Command } from "commander";
import { encoders } from "../../encoders/registry.js";
import { describeOptions } from "../../models/options.js";
import { architectures, findArchitecture } from "../../models/registry.js";
import { print, putJson } from "../output.js";
import { table } from "../table.js";

function listModels(): void {
  print(
    table(
      ["model", "year", "what it is", "paper"],
      architectures.map(({ name, year, title, paper }) => [name, String(year), title, paper]),
    ),
  );
}

function showModel(name: string): void {
  const { title, paper, year, options } = findArchitecture(name);
  const rows = describeOptions(options).map((option) => [
    option.name,
    option.kind,
    option.default === undefined ? "required" : JSON.stringify(option.default),
    option.description,
  ]);
  print(`${name}: ${title} (${year}, ${paper})\n`);
  print(rows.length > 0 ? table(["option", "kind", "default", "meaning"], rows) : "It has no options.");
  print(`\nGive one with: segkit train DATA --model ${name} --set ${rows[0]?.[0] ?? "KEY"}=VALUE`);
}

const modelJson = (name: string): object => {
  const { title, paper, year, keepsSize, options } = findArchitecture(name);
  return { name, title, year, paper, keepsSize, options: describeOptions(options) };
};

export function addModels(root: Command): void {
  root
    .command("models")
    .description("list the networks, or the options of one")
    .argument("[name]", "a network, to list its options")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  segkit models\n  segkit models unet\n  segkit models --json\n")
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      if (json) putJson(true, name ? modelJson(name) : architectures.map((model) => modelJson(model.name)));
      else if (name === undefined) listModels();
      else showModel(name);
    });
  root
    .command("encoders")
    .description("list the backbones that networks such as unet-encoder take")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  segkit encoders\n  segkit train DATA --model unet --encoder resnet34\n")
    .action(({ json }: { json?: boolean }) => {
      const rows = encoders.map(({ name, title, paper, channels }) => ({ name, title, paper, channels }));
      if (json) putJson(true, rows);
      else
        print(
          table(
            ["encoder", "what it is", "channels of its stages", "paper"],
            rows.map((row) => [row.name, row.title, row.channels.join(" "), row.paper]),
          ),
        );
    });
}
