#!/usr/bin/env node
/** @file The command line program `segkit`: parses arguments, runs one command, turns errors into one line and an exit code. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { SegkitError } from "../errors/index.js";
import { commands } from "./commands.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

function program(): Command {
  const root = new Command("segkit")
    .description("Image segmentation in TypeScript, end to end: check data, train, evaluate, predict, export.")
    .version(version)
    .option("--debug", "print stack traces of errors")
    .showHelpAfterError("(run with --help for the options and examples)")
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 wrong usage.\nStart with: segkit doctor DATA, then segkit train DATA --model unet --run runs/first\n",
    )
    .exitOverride();
  for (const add of commands) add(root);
  for (const command of root.commands)
    command.exitOverride().showHelpAfterError("(run with --help for the options and examples)");
  return root;
}

/** The error as a user reads it: what came, what was expected, what to do. */
function explain(error: unknown, debug: boolean): string {
  if (debug) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof SegkitError) return `error: ${error.message}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return `error: ${code ? `${code}: ` : ""}${message ?? String(error)} (unexpected; run again with --debug for the stack trace)`;
}

const root = program();
try {
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version end well.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${explain(error, Boolean(root.opts().debug) || process.argv.includes("--debug"))}\n`);
    process.exitCode = error instanceof SegkitError ? error.exitCode : 1;
  }
}
