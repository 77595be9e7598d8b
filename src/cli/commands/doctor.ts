/** @file `segkit doctor`: what is wrong with a data set, and a mended copy of it. */
import type { Command } from "commander";
import { type DoctorOptions, formatMending, formatReport, mendDataset, runDoctor } from "../../data/doctor/index.js";
import { parseWhole } from "../arguments.js";
import { print, putJson } from "../output.js";
import { type Progress, progress } from "../progress.js";

interface DoctorArguments {
  readonly fix?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Runs work that reports how far it is, with a bar. */
async function withBar<T>(title: string, work: (onProgress: DoctorOptions["onProgress"]) => Promise<T>): Promise<T> {
  let bar: Progress | undefined;
  try {
    return await work((done, total) => {
      bar ??= progress(title, total);
      bar.update(done);
    });
  } finally {
    bar?.stop();
  }
}

async function runCommand(data: string, { fix, limit, json }: DoctorArguments): Promise<void> {
  if (fix !== undefined) {
    const report = await withBar("mending", (onProgress) => mendDataset(data, fix, onProgress ? { onProgress } : {}));
    if (json) putJson(true, report);
    else print(formatMending(report).trimEnd());
    return;
  }
  const report = await withBar("examining", (onProgress) =>
    runDoctor(data, {
      ...(onProgress ? { onProgress } : {}),
      ...(limit === undefined ? {} : { maxSamples: limit }),
    }),
  );
  if (json) putJson(true, report);
  else print(formatReport(report).trimEnd());
  // So that scripts see it: training would refuse this data set.
  if (report.counts.error > 0) process.exitCode = 1;
}

export function addDoctor(root: Command): void {
  root
    .command("doctor")
    .description("examine a data set: what is wrong with it and what to do about it")
    .argument("<data>", "folder or list file of the data set")
    .option("--fix <dir>", "write a mended copy into this new folder")
    .option("--limit <n>", "look at no more than this many images", parseWhole(1))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit code 1 means that the data set has errors.

Examples:
  segkit doctor data/camvid
  segkit doctor data/cells --fix data/cells-mended
  segkit doctor data/cells --json
`,
    )
    .action(runCommand);
}
