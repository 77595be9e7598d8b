/** @file `semi`: from few labels and many images to a trained run folder, by any method of the table, as a stream of events. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { openDataset } from "../../data/dataset.js";
import { CheckpointError, DataError, UsageError } from "../../errors/index.js";
import { chooseLength } from "../../train/choices.js";
import { planFile } from "../../train/plan.js";
import { hasState, readState, type SemiState, stateFile, writeState } from "../../train/semi-state.js";
import { requireWritable } from "../../util/files.js";
import { type TrainEvent, type TrainOptions, train } from "../train.js";
import { withWholePaths } from "../whole-paths.js";
import { takeFirstRound } from "./first-round.js";
import { chooseSemiMethod, semiMethods } from "./methods.js";
import { type RoundChoice, type RoundEvent, Rounds } from "./rounds.js";

/** The options of `train`, of which `method` is needed for a new run. Methods in rounds share the length out among them. */
export interface SemiOptions extends TrainOptions {
  /** A run in rounds whose first one was trained as this one's would be: it is taken from there. */
  readonly first?: string;
}

export type SemiEvent = TrainEvent | RoundEvent;

/** What a run of several rounds settles for each of them, so that it cannot be given. */
function refuse({ pseudo, resume }: SemiOptions): void {
  if (pseudo !== undefined && resume === undefined)
    throw new UsageError({
      expected: "a folder of unlabelled images, from which the method makes pseudo-labels itself",
      found: "a list of pseudo-labels",
      next: "Leave pseudo out, or train on the list with segkit train.",
    });
}

/** Opens the data set to see, before anything is trained, whether a method can learn from it. @throws DataError, UsageError */
async function requireUnlabelled(options: SemiOptions, { method, options: chosen }: RoundChoice): Promise<void> {
  const { data, fold, labels, unlabelled } = options;
  const dataset = await openDataset(data!, {
    ...(fold ? { fold } : {}),
    ...(labels ? { labels } : {}),
    ...(unlabelled === undefined ? {} : { unlabelled }),
  });
  if (!dataset.splits.unlabelled?.length)
    throw new DataError({
      file: dataset.path,
      expected: `unlabelled images for ${method.name}`,
      found: "there are none",
      next: "Add --unlabelled FOLDER, or keep the labels of a part only, e.g. --labels 1/8.",
    });
  method.check?.(chosen, dataset.classes.names);
}

/** The options that a first round is trained with, as plain JSON whose paths hold anywhere. */
function requestOf(options: SemiOptions): SemiState["request"] {
  const {
    run: _run,
    resume: _resume,
    first: _first,
    signal: _signal,
    epochs: _epochs,
    steps: _steps,
    minutes: _minutes,
    ...more
  } = options;
  const { method: _method, methodOptions: _methodOptions, ...request } = more;
  return withWholePaths(request);
}

/** A run of which nothing is done. */
export const newState = (options: SemiOptions, { method: { name }, options: chosen }: RoundChoice): SemiState => ({
  version: 1,
  method: name,
  methodOptions: { ...chosen },
  request: requestOf(options),
  length: chooseLength(options).value,
  rounds: [],
  result: null,
});

/** A new run in rounds. @throws UsageError, DataError before the folder is made */
async function* begin(
  options: SemiOptions,
  runDir: string,
  choice: RoundChoice,
): AsyncGenerator<SemiEvent, void, void> {
  requireWritable(runDir);
  const isNew = !existsSync(runDir);
  if (!isNew && readdirSync(runDir).some((file) => !file.startsWith(".")))
    throw new UsageError({
      expected: "an empty or new run folder",
      found: `${runDir} holds ${hasState(runDir) ? "a run" : "other files"}`,
      next: hasState(runDir) ? `Go on with segkit semi --resume ${runDir}.` : "Choose another --run.",
    });
  await requireUnlabelled(options, choice);
  const asked = newState(options, choice);
  const shares = choice.method.shares(choice.options);
  const { length } = asked;
  if (length.unit === "steps" && length.count < shares.length)
    throw new UsageError({ expected: `at least ${shares.length} steps, one a round`, found: String(length.count) });
  const { first } = options;
  const state = first === undefined ? asked : takeFirstRound(first, runDir, asked);
  writeState(runDir, state);
  let planned = state.rounds.length > 0;
  try {
    for await (const event of new Rounds(runDir, state, choice, options.signal).run()) {
      planned ||= event.kind === "planned";
      yield event;
    }
  } finally {
    // What cannot even be planned leaves no folder behind.
    if (!planned) rmSync(isNew ? runDir : stateFile(runDir), { recursive: true, force: true });
  }
}

/** Goes on with a folder. @throws UsageError for options that it has settled, CheckpointError when it is no run. */
async function* goOn(options: SemiOptions, runDir: string): AsyncGenerator<SemiEvent, void, void> {
  if (!hasState(runDir)) {
    if (!existsSync(planFile(runDir)))
      throw new CheckpointError({
        expected: "a run folder that segkit semi made",
        found: `${runDir} is none`,
        next: "Check the path.",
      });
    return yield* train(options);
  }
  const { resume: _resume, signal, doctor: _doctor, ...settled } = options;
  const given = Object.entries(settled).filter(([, value]) => value !== undefined);
  if (given.length > 0)
    throw new UsageError({
      expected: "no other options when a run in rounds goes on",
      found: `${given.map(([name]) => name).join(", ")} with resume`,
      next: `They are settled in ${stateFile(runDir)}; start a new run to change them.`,
    });
  const state = readState(runDir);
  const { method, options: chosen } = chooseSemiMethod(state.method, state.methodOptions);
  yield* new Rounds(runDir, state, { method: method.rounds!, options: chosen }, signal).run();
}

/**
 * Trains from few labels and many images without, and reports what happens.
 *
 * Methods that change the step are one run of `train`. Those in rounds train several times in `rounds/` of the folder, which at the
 * end holds the run of the best round and is a model like any other. Both can be stopped anywhere and gone on with.
 *
 * @throws UsageError for unknown methods and impossible options, DataError for unusable data or without unlabelled images,
 *   CheckpointError, RuntimeError.
 * @example
 * const labels = { keep: 1, of: 8, seed: 1 };
 * for await (const event of semi({ data: "camvid", method: "self-training", labels, steps: 2000, run: "runs/few" }))
 *   if (event.kind === "scored") console.log(event.round, event.score);
 */
export async function* semi(options: SemiOptions): AsyncGenerator<SemiEvent, void, void> {
  refuse(options);
  const runDir = options.resume ?? options.run;
  if (runDir === undefined)
    throw new UsageError({
      expected: "a run folder",
      found: "neither run nor resume was given",
      next: "Add --run runs/NAME.",
    });
  if (options.resume !== undefined) return yield* goOn(options, runDir);
  if (options.data === undefined)
    throw new UsageError({
      expected: "a data set",
      found: "none was given",
      next: "segkit semi DATA --method NAME --run DIR, or segkit semi --resume RUN.",
    });
  if (options.method === undefined)
    throw new UsageError({
      expected: `a method: ${semiMethods.map(({ name }) => name).join(", ")}`,
      found: "none was given",
      next: "Add --method NAME.",
    });
  const { method, options: chosen } = chooseSemiMethod(options.method, options.methodOptions);
  if (method.unlabelled && options.labels === undefined && options.unlabelled === undefined)
    throw new UsageError({
      expected: `unlabelled images for ${method.name}`,
      found: "neither a folder of them nor a share of the labels to keep",
      next: "Add --unlabelled FOLDER, or --labels 1/8 to keep the labels of a part only.",
    });
  if (options.first !== undefined && !method.rounds)
    throw new UsageError({
      expected: "a method in rounds, which can take its first one from another run",
      found: `first with ${method.name}`,
    });
  if (options.horizon !== undefined && method.rounds)
    throw new UsageError({
      expected: "no horizon with a method in rounds, which settles that of each",
      found: String(options.horizon),
      next: "Leave it out.",
    });
  if (method.rounds) yield* begin(options, runDir, { method: method.rounds, options: chosen });
  else yield* train({ ...options, method: method.name });
}
