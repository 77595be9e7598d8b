#!/usr/bin/env node
/** @file The command line program `segkit`: parses arguments, runs one command, turns errors into one line and an exit code. */
import { Command, CommanderError } from "commander";
import { SegkitError } from "../errors/index.js";
import { packageVersion } from "../util/version.js";
import { commands } from "./commands.js";

/** A message of commander, which puts "did you mean" on a line of its own, as one sentence. */
const oneLine = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n/g, " ")
    .replace(/([^.?)])$/, "$1.");

function program(): Command {
  const root = new Command("segkit")
    .description("Image segmentation in TypeScript, end to end: check data, train, evaluate, predict, export.")
    .version(packageVersion)
    .option("--debug", "print stack traces of errors")
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 wrong usage.\nStart with: segkit doctor DATA, then segkit train DATA --model unet --run runs/first\n",
    )
    .configureOutput({
      outputError: (text, write) => write(`${oneLine(text)} Run with --help for the options.\n`),
    })
    .exitOverride();
  // Commands inherit the settings above.
  for (const add of commands) add(root);
  return root;
}

/** The error as a user reads it: what came, what was expected, what to do. */
function explain(error: unknown, debug: boolean): string {
  if (debug) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof SegkitError) return `error: ${error.message.replace(/\s*\n\s*/g, " ")}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return `error: ${code ? `${code}: ` : ""}${message ?? String(error)} (unexpected; run again with --debug for the stack trace)`;
}

// Whoever reads the output may stop (segkit models | head): that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const root = program();
try {
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version end well.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${explain(error, Boolean(root.opts().debug))}\n`);
    process.exitCode = error instanceof SegkitError ? error.exitCode : 1;
  }
}
