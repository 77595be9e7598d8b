/** @file The first round of another run, taken instead of trained again: it learns from labels alone, so runs with other labelling share it. */
import { existsSync, realpathSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../../errors/index.js";
import { hasState, readState, roundFolder, type SemiState } from "../../train/semi-state.js";
import { chooseSemiMethod } from "./methods.js";
import { copyRun } from "./result.js";
import { continuedLength, roundLength } from "./round-plan.js";

/** The same for all links to a folder or file. */
const placeOf = (path: unknown): unknown => (typeof path === "string" && existsSync(path) ? realpathSync(path) : path);

/** What a first round is the result of. JSON has no undefined values, so neither has a comparison. */
function originOf({ method: name, methodOptions, request, length: whole }: SemiState): {
  readonly [name: string]: unknown;
} {
  const { method, options } = chooseSemiMethod(name, methodOptions);
  const shares = method.rounds!.shares(options);
  const lengthOf = method.rounds!.start(options) === "continued" ? continuedLength : roundLength;
  const places = { data: placeOf(request.data), unlabelled: placeOf(request.unlabelled) };
  return JSON.parse(JSON.stringify({ ...request, ...places, length: lengthOf(whole, shares, 0) }));
}

/** The options in which the first rounds of two runs differ. */
function differences(a: SemiState, b: SemiState): string[] {
  const [ours, theirs] = [originOf(a), originOf(b)];
  return Object.keys({ ...ours, ...theirs }).filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
}

/** Whether another run's first round is done and is what that of this state would be. */
export function hasSameFirstRound(from: string, state: SemiState): boolean {
  const { rounds } = chooseSemiMethod(state.method, state.methodOptions).method;
  if (!rounds || rounds.snapshots.length > 0 || !hasState(from)) return false;
  const other = readState(from);
  return other.rounds.length > 0 && differences(state, other).length === 0;
}

/**
 * The state of a new run whose first round is that of another one, copied; the result is the same as if it had been trained.
 *
 * @throws UsageError for a folder that is no such run or has not finished its first round, when that was trained otherwise, and for
 *   methods that keep weights from within the first round.
 */
export function takeFirstRound(from: string, runDir: string, state: SemiState): SemiState {
  const other = hasState(from) ? readState(from) : undefined;
  const record = other?.rounds[0];
  if (!other || !record)
    throw new UsageError({
      expected: "a run in rounds that has finished its first one",
      found: other ? `${from}, which has not` : `${from}, which is none`,
      next: "Leave first out, so that it is trained.",
    });
  const { name, rounds } = chooseSemiMethod(state.method, state.methodOptions).method;
  if (!rounds || rounds.snapshots.length > 0)
    throw new UsageError({
      expected: "a method whose first round can be taken from another run",
      found: `${name}, which ${rounds ? "compares weights from within it" : "has no rounds"}`,
      next: "Leave first out.",
    });
  const differing = differences(state, other);
  if (differing.length > 0)
    throw new UsageError({
      expected: "a first round that was trained as this one would be",
      found: `${from}, of which ${differing.join(", ")} ${differing.length === 1 ? "is" : "are"} not the same`,
      next: "Give both runs the same options, or leave first out.",
    });
  copyRun(roundFolder(from, 0), roundFolder(runDir, 0));
  const { labels: _, ...first } = record;
  const { updatesPerEpoch } = other;
  return { ...state, ...(updatesPerEpoch === undefined ? {} : { updatesPerEpoch }), rounds: [first] };
}
