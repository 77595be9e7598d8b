/** @file The options of `segkit train` from their three sources: a file, `--set`, and options of their own; later ones win. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { planRequestSchema } from "../train/request.js";
import { nearestNames } from "../util/nearest.js";
import { parseOptions } from "../util/parse-options.js";

/** What a configuration file may hold: the options of a run, where its data are, and the fold. */
const configSchema = planRequestSchema.extend({
  data: z.string().optional(),
  run: z.string().optional(),
  fold: z.object({ index: z.int().min(1), count: z.int().min(2) }).optional(),
});

export type TrainConfig = z.output<typeof configSchema>;

type Settings = { readonly [key: string]: unknown };

/** Groups of options that `--set` reaches by a dotted name, e.g. `optimizer.weightDecay`. */
const groups: { readonly [prefix: string]: string } = {
  optimizer: "optimizerOptions",
  schedule: "scheduleOptions",
  loss: "lossOptions",
  clipping: "clipping",
  method: "methodOptions",
};

/** Options of the run that `--set` reaches by their own name; all others are the network's. */
const ownNames: readonly string[] = Object.keys(planRequestSchema.shape).filter((name) => name !== "set");

function putAt(target: { [key: string]: unknown }, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner: { [key: string]: unknown } = { ...(target[first] as object) };
  target[first] = inner;
  putAt(inner, rest, value);
}

/**
 * Sorts `--set` settings: `optimizer.momentum` goes to the optimizer, `ema` to the run, anything else to the network.
 *
 * @throws UsageError for a dotted name whose first part is no group.
 */
export function sortSettings(settings: Settings): { [key: string]: unknown } {
  const sorted: { [key: string]: unknown } = {};
  for (const [name, value] of Object.entries(settings)) {
    const [prefix, ...rest] = name.split(".");
    if (rest.length === 0) putAt(sorted, ownNames.includes(name) ? [name] : ["set", name], value);
    else if (groups[prefix!]) putAt(sorted, [groups[prefix!]!, ...rest], value);
    else {
      const near = nearestNames(prefix!, Object.keys(groups), 1);
      throw new UsageError({
        expected: `a name such as ${Object.keys(groups)
          .map((group) => `${group}.NAME`)
          .join(", ")}`,
        found: `--set ${name}`,
        ...(near.length > 0 ? { next: `Did you mean ${near[0]}.${rest.join(".")}?` } : {}),
      });
    }
  }
  return sorted;
}

/** The content of a configuration file, YAML or JSON. @throws UsageError when it cannot be read. */
function readConfig(file: string): Settings {
  try {
    const content: unknown = parse(readFileSync(file, "utf8"));
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return content as Settings;
    throw new Error("it holds no options");
  } catch (error) {
    throw new UsageError({
      expected: "a YAML or JSON file of options, e.g. model: unet",
      found: `${file}: ${(error as Error).message.split("\n")[0]}`,
      next: "Check the file.",
    });
  }
}

/** Two levels of options joined: single values and lists are replaced, groups of options are merged. */
function merge(base: Settings, over: Settings): { [key: string]: unknown } {
  const isGroup = (value: unknown): value is Settings =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const result: { [key: string]: unknown } = { ...base };
  for (const [name, value] of Object.entries(over))
    if (value !== undefined)
      result[name] = isGroup(value) && isGroup(result[name]) ? merge(result[name], value) : value;
  return result;
}

/** Lengths exclude each other: one on the command line replaces the file's. */
const lengths = ["epochs", "steps", "minutes"];

/**
 * The options of a run from a file, `--set` and the options given by name.
 *
 * @throws UsageError for unknown names (with the nearest) and values out of range.
 */
export function trainSettings(
  named: Settings,
  { config, set = {} }: { readonly config?: string; readonly set?: Settings },
): TrainConfig {
  const given = merge(sortSettings(set), named);
  const file = config === undefined ? {} : readConfig(config);
  const replaced = lengths.some((name) => given[name] !== undefined)
    ? Object.fromEntries(Object.entries(file).filter(([name]) => !lengths.includes(name)))
    : file;
  const size = typeof replaced.size === "string" ? { size: replaced.size.split("x").map(Number) } : {};
  const options = parseOptions(
    configSchema,
    merge({ ...replaced, ...size }, given),
    config === undefined ? "segkit train" : `${config} with the command line`,
  );
  const chosen = lengths.filter((name) => options[name as "epochs"] !== undefined);
  if (chosen.length > 1)
    throw new UsageError({ expected: "one length: epochs, steps or minutes", found: chosen.join(" and ") });
  return options;
}
