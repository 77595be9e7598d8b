/** @file What `segkit train` was asked for, and the run itself. */
import { DataError, FileError } from "../errors/index.js";
import { train } from "../verbs/train.js";
import { finish, stopOnSignals } from "./finish-run.js";
import { note, print } from "./output.js";
import { trainSettings } from "./train-settings.js";
import { TrainTerminal } from "./train-terminal.js";

/** The options of `segkit train` as its arguments gave them. */
export interface TrainArguments {
  readonly data?: string;
  readonly run?: string;
  readonly resume?: string;
  readonly config?: string;
  /** Any other option of the plan or the network, by name. */
  readonly set?: { readonly [key: string]: unknown };
  readonly fold?: { readonly index: number; readonly count: number };
  readonly doctor: boolean;
  readonly json?: boolean;
  /** All options of a run that have an argument of their own. */
  readonly [option: string]: unknown;
}

/** Trains as asked and reports on the terminal. @throws SegkitError */
export async function runTrain({ config, set, doctor, json = false, resume, ...named }: TrainArguments): Promise<void> {
  const settings = trainSettings(named, { ...(config === undefined ? {} : { config }), ...(set ? { set } : {}) });
  const { signal } = stopOnSignals();
  const terminal = new TrainTerminal();
  const runDir = (resume ?? settings.run)!;
  let begun = false;
  let reason = "";
  try {
    for await (const event of train({ ...settings, ...(resume === undefined ? {} : { resume }), doctor, signal })) {
      if (json) print(JSON.stringify(event));
      else terminal.show(event);
      if (event.kind === "planned") begun = true;
      if (event.kind === "end") reason = event.reason;
    }
  } catch (error) {
    // A full disk or a broken image can be mended; a loss that is no number would come again.
    if (begun && (error instanceof FileError || error instanceof DataError))
      note(`the run is safe; once the cause is mended, go on with: segkit train --resume ${runDir}`);
    throw error;
  } finally {
    terminal.close();
  }
  if (reason === "stopped") note(`saved; go on with: segkit train --resume ${runDir}`);
  else await finish("train", runDir, { signal, json });
}
