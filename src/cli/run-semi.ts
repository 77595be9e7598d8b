/** @file What `segkit semi` was asked for, and the training itself. */
import { DataError, FileError } from "../errors/index.js";
import { hasSweep, parseAxis, type SweepEvent, semi, sweepSemi } from "../verbs/semi/index.js";
import { finish, stopOnSignals } from "./finish-run.js";
import { note, print } from "./output.js";
import type { TrainArguments } from "./run-train.js";
import { SemiTerminal, sweepText } from "./semi-terminal.js";
import { trainSettings } from "./train-settings.js";

/** The options of `segkit semi` as its arguments gave them. */
export interface SemiArguments extends TrainArguments {
  readonly unlabelled?: string;
  readonly labels?: { readonly keep: number; readonly of: number };
  readonly labelsSeed?: number;
  readonly sweep?: readonly string[];
  readonly first?: string;
}

/** The events of the training or the sweep that was asked for. */
function eventsOf(given: SemiArguments, signal: AbortSignal): AsyncGenerator<SweepEvent, void, void> {
  const { config, set, doctor, json: _json, resume, unlabelled, labels, labelsSeed, sweep, first, ...named } = given;
  const settings = trainSettings(named, { ...(config === undefined ? {} : { config }), ...(set ? { set } : {}) });
  const options = {
    ...settings,
    ...(resume === undefined ? { doctor } : { resume }),
    ...(unlabelled === undefined ? {} : { unlabelled }),
    ...(first === undefined ? {} : { first }),
    ...(labels ? { labels: { ...labels, seed: labelsSeed ?? settings.seed ?? 1 } } : {}),
    signal,
  };
  if (sweep) return sweepSemi({ ...options, sweep: sweep.map(parseAxis) });
  return resume !== undefined && hasSweep(resume) ? sweepSemi(options) : semi(options);
}

/** Trains as asked and reports on the terminal. @throws SegkitError */
export async function runSemi(given: SemiArguments): Promise<void> {
  const { json = false, resume } = given;
  const { signal } = stopOnSignals();
  const terminal = new SemiTerminal();
  const runDir = (resume ?? given.run)!;
  let begun = false;
  let stopped = false;
  let swept: Extract<SweepEvent, { kind: "swept" }> | undefined;
  try {
    for await (const event of eventsOf(given, signal)) {
      if (json) print(JSON.stringify(event));
      else terminal.show(event);
      if (event.kind === "planned") begun = true;
      if (event.kind === "swept") swept = event;
      if (event.kind === "stopped" || (event.kind === "end" && event.reason === "stopped")) stopped = true;
    }
  } catch (error) {
    if (begun && (error instanceof FileError || error instanceof DataError))
      note(`what was done is safe; once the cause is mended, go on with: segkit semi --resume ${runDir}`);
    throw error;
  } finally {
    terminal.close();
  }
  if (stopped) note(`saved; go on with: segkit semi --resume ${runDir}`);
  else if (swept) {
    if (!json) print(sweepText(swept.axes, swept.rows));
    note(`sweep: ${swept.file}, ${swept.page}`);
  } else await finish("semi", runDir, { signal, json });
}
