/** @file `segkit models` and `segkit encoders`: the zoo as tables. */
import type { Command } from "commander";
import { optionRows } from "../../models/options.js";
import { architectures } from "../../models/registry.js";
import { table } from "../table.js";

export function addModels(root: Command): void {
  root
    .command("models")
    .description("list the networks, or the options of one")
    .argument("[name]", "a network, to list its options for --set")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  segkit models\n  segkit models unet\n")
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      const chosen =
        name === undefined ? architectures : architectures.filter((architecture) => architecture.name === name);
      const rows = chosen.map(({ name, title, paper, year, options }) => ({
        name,
        title,
        year,
        paper,
        options: optionRows(options),
      }));
      if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      else
        process.stdout.write(
          `${table(
            ["model", "year", "what it is", "paper"],
            rows.map((row) => [row.name, String(row.year), row.title, row.paper]),
          )}\n`,
        );
    });
}
