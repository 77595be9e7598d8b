/** @file The text of docs/reference/command-line.md: what \`--help\` prints. */
import { execFileSync } from "node:child_process";
import { Command } from "commander";
import { commands } from "../../src/cli/commands.js";
import { root } from "../features/source.js";

/** Names of all commands, such as `runs` and below it `runs diff`. */
function commandNames(): string[] {
  const program = new Command();
  for (const add of commands) add(program);
  return program.commands.flatMap((command) => [
    command.name(),
    ...command.commands.map((inner) => `${command.name()} ${inner.name()}`),
  ]);
}

const help = (...args: string[]): string =>
  execFileSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args, "--help"], {
    cwd: root,
    encoding: "utf8",
    // Commander breaks lines at the terminal's width; a pipe has 80 columns.
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "80" },
  }).trimEnd();

export function commandLineText(): string {
  const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\`\n`;
  const sections = commandNames().map((name) => `## segkit ${name}\n\n${block(help(...name.split(" ")))}`);
  return `# The command line

What \`segkit --help\` and \`segkit COMMAND --help\` print. Results go to standard output, everything said on the way to standard
error. This page is made by \`npm run docs\`.

${block(help())}
${sections.join("\n")}`;
}
