/** @file Options of the demo on the command line. */
import { parseArgs } from "node:util";
import { UsageError } from "../errors/index.js";

export interface DemoOptions {
  /** Folder for everything the demo writes. */
  readonly out: string;
  readonly minutes: number;
  readonly seed: number;
  readonly threads: number | undefined;
  /** Stop after the data set and the colour baseline. */
  readonly onlyData: boolean;
  readonly help: boolean;
}

export const usage = `npm start -- [options]

Makes a small set of aerial scenes, trains a network on it, and shows what it learned.

  --out DIR        where everything goes (default: demo)
  --minutes N      length of the training (default: 3)
  --quick          a look at every step in about a minute; the network stays poor
  --seed N         seed of the scenes and of the training (default: 1)
  --threads N      threads of the engine (default: it chooses)
  --only-data      make the scenes, score the colour baseline, stop
  --help           this text`;

const quickMinutes = 0.25;

/** The number of an option. @throws UsageError unless `valid` accepts it. */
function numberOf(name: string, text: string, expected: string, valid: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && valid(value)) return value;
  throw new UsageError({ expected: `--${name} with ${expected}`, found: `--${name} ${text}`, next: "See --help." });
}

const isWhole = (least: number) => (value: number) => Number.isInteger(value) && value >= least;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: "string", default: "demo" },
        minutes: { type: "string" },
        quick: { type: "boolean", default: false },
        seed: { type: "string", default: "1" },
        threads: { type: "string" },
        "only-data": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError({ expected: "options of the demo", found: (error as Error).message, next: "See --help." });
  }
}

/** Reads the arguments after the program's name. @throws UsageError naming the option that is wrong. */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const { out, minutes, quick, seed, threads, "only-data": onlyData, help } = parse(args);
  const given = minutes ?? String(quick ? quickMinutes : 3);
  return {
    out,
    minutes: numberOf("minutes", given, "a number above 0", (value) => value > 0),
    seed: numberOf("seed", seed, "a whole number from 0 on", isWhole(0)),
    threads: threads === undefined ? undefined : numberOf("threads", threads, "a whole number above 0", isWhole(1)),
    onlyData,
    help,
  };
}
