/**
 * @file The plan: every choice of a run, given by the user or derived from the data, each with its reason. Training, evaluation,
 * prediction and export read it; nothing is decided twice.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { batchMixSchema } from "../data/batch-mix.js";
import { samplingRules } from "../data/sampling.js";
import { CheckpointError } from "../errors/index.js";
import { writeFileAtomic } from "../util/files.js";
import { nearestNames } from "../util/nearest.js";
import { freezeSchema, frozenNormSchema } from "./request.js";

export const planVersion = 1;

/** Reasons of choices that plans without them stand for. */
export const randomStart = "random, from the seed";
export const frozenReason = "what is not trained keeps its statistics";

export const labelledOnly = "labelled images only";
export const noPseudo = "no pseudo-labelled images";
export const unmixed = "not asked for";

/** Steps between checkpoints unless told otherwise. */
export const checkpointSteps = 200;

/** A value with the reason for it, e.g. `{ value: 8, reason: "given" }`. */
const choice = <Schema extends z.ZodType>(value: Schema) => z.strictObject({ value, reason: z.string() });

const json = z.record(z.string(), z.unknown());
const size = z.tuple([z.int().min(1), z.int().min(1)]);

const planObject = z.strictObject({
  version: z.literal(planVersion),
  /** Where the run's data is and what it looked like when the run began. */
  data: z.strictObject({
    path: z.string(),
    name: z.string(),
    /** How the data set was opened: fold, seed of splits. */
    options: json,
    classes: z
      .array(z.strictObject({ name: z.string(), colour: z.tuple([z.number(), z.number(), z.number()]) }))
      .min(1),
    ignoreIndex: z.int(),
    channels: z.int().min(1),
    bands: z.array(z.string()).optional(),
    images: z.record(z.string(), z.int()),
  }),
  model: choice(z.string()),
  modelOptions: choice(json),
  /** Height and width of the network's input while training. */
  size: choice(size),
  /** How images come to that size: all brought to it, or cropped at their own resolution and predicted by tiles. */
  inputRule: choice(z.enum(["resize", "tiles"])),
  normalise: choice(z.strictObject({ mean: z.array(z.number()), std: z.array(z.number()) })),
  trainTransforms: choice(z.array(json)),
  /** What is done to images whose masks a network made; null where there are none. */
  pseudoTransforms: choice(z.array(json).nullable()).default({ value: null, reason: noPseudo }),
  /** What the images of a training batch take from each other after the transforms; null: nothing. */
  mix: choice(batchMixSchema.nullable()).default({ value: null, reason: unmixed }),
  evalTransforms: choice(z.array(json)),
  batch: choice(z.int().min(1)),
  accumulate: choice(z.int().min(1)),
  /** Where the run ends; `of` is where its schedule does, when the run is only the beginning of one or a part of it. */
  length: choice(
    z.strictObject({
      unit: z.enum(["epochs", "steps", "minutes"]),
      count: z.number().positive(),
      of: z.number().positive().optional(),
    }),
  ),
  optimizer: choice(json),
  learningRate: choice(z.number().positive()),
  schedule: choice(json),
  loss: choice(z.array(json).min(1)),
  /** How often training images are drawn: the rule, and for each image how many times in an epoch; null: each once. */
  sampling: choice(
    z.strictObject({ rule: z.enum(samplingRules), weights: z.array(z.number().min(0)).nullable() }),
  ).default({ value: { rule: "uniform", weights: null }, reason: "each image once in an epoch" }),
  clipping: choice(json),
  parameterGroups: choice(z.array(json)),
  /** What the run starts from, found again by its source and known by its SHA-256; null for random values. */
  weights: choice(z.strictObject({ source: z.string(), sha256: z.string(), partial: z.boolean() }).nullable()).default({
    value: null,
    reason: randomStart,
  }),
  /** What is not trained: `none`, `encoder`, or `stages:N` for the layers up to its Nth feature map. */
  freeze: choice(freezeSchema).default({ value: "none", reason: "not asked for" }),
  /** BatchNorm layers that keep their running statistics: `none`, `frozen` (those not trained), `encoder`, `all`. */
  frozenNorm: choice(frozenNormSchema).default({ value: "frozen", reason: frozenReason }),
  /**
   * How unlabelled images are learnt from: the method with its options, unlabelled images of a batch, and what is done to them
   * before they are seen (`weak`) and to each strong view of them. Null: they are not.
   */
  method: choice(
    z
      .strictObject({
        name: z.string(),
        options: json,
        batch: z.int().min(1),
        weak: z.array(json),
        strong: z.array(z.array(json)),
      })
      .nullable(),
  ).default({ value: null, reason: labelledOnly }),
  /** Decay of the moving average of the weights; 0 keeps none. */
  ema: choice(z.number().min(0).lt(1)),
  /** Validations without improvement after which the run ends; 0 never. */
  patience: choice(z.int().min(0)),
  /** Steps between validations. */
  validateEvery: choice(z.int().min(1)),
  /** Steps between checkpoints, beside those at validations. What a kill can lose; it changes no result. */
  checkpointEvery: choice(z.int().min(1)).default({ value: checkpointSteps, reason: "the default" }),
  seed: choice(z.int()),
  device: choice(z.string()),
  /** Threads of ONNX Runtime: results repeat bit for bit only with the same number. */
  threads: choice(z.int().min(1)),
  /** Threads that decode and augment. */
  workers: choice(z.int().min(0)),
});

/** The plan and what its parts ask of each other. */
export const planSchema = planObject.check(({ value: { data, normalise }, issues }) => {
  for (const key of ["mean", "std"] as const)
    if (normalise.value[key].length !== data.channels)
      issues.push({
        code: "custom",
        path: ["normalise", "value", key],
        message: `has ${normalise.value[key].length} numbers for ${data.channels} channels`,
        input: normalise.value[key],
      });
});

export type Plan = z.output<typeof planSchema>;
export type Choice<T> = { value: T; reason: string };

type PlanJson = { [key: string]: unknown };
/** By version: turns a plan of it into one of the next version. */
export type PlanUpgraders = { readonly [version: number]: (plan: PlanJson) => PlanJson };
/** None yet: version 1 is the first. */
const upgraders: PlanUpgraders = {};

export const planFile = (runDir: string): string => join(runDir, "plan.json");

export function writePlan(runDir: string, plan: Plan): void {
  writeFileAtomic(planFile(runDir), `${JSON.stringify(plan, null, 2)}\n`);
}

function complain(found: string, next: string): never {
  throw new CheckpointError({ expected: `a plan of version ${planVersion}`, found, next });
}

/** Names that may stand at a place of the plan; none where any may. */
function namesAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = planObject;
  for (const key of path)
    schema =
      schema instanceof z.ZodObject
        ? schema.shape[String(key)]
        : schema instanceof z.ZodArray
          ? schema.element
          : undefined;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Checks a plan read from JSON, after bringing it to this version.
 *
 * @throws CheckpointError naming what does not fit.
 */
export function parsePlan(given: unknown, where: string, table: PlanUpgraders = upgraders): Plan {
  if (typeof given !== "object" || given === null) complain(`${where} holds no plan`, "Start a new run.");
  let plan = given as PlanJson;
  while (typeof plan.version === "number" && plan.version < planVersion) {
    const upgrade = table[plan.version];
    if (!upgrade) complain(`${where} has version ${plan.version}`, "Start a new run.");
    plan = upgrade(plan);
  }
  if (typeof plan.version === "number" && plan.version > planVersion)
    complain(`${where} has version ${plan.version}`, "Install a newer Segkit.");
  const result = planSchema.safeParse(plan);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const near = nearestNames(issue.keys[0]!, namesAt(issue.path));
    complain(
      `${where} has an unknown choice ${[...issue.path, issue.keys[0]].join(".")}`,
      near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Remove it.",
    );
  }
  return complain(`${where}: ${issue.path.join(".")} ${issue.message}`, "Correct the plan, or start a new run.");
}

/** The plan of a run folder. @throws CheckpointError when there is none or it does not fit. */
export function readPlan(runDir: string): Plan {
  let text: string;
  try {
    text = readFileSync(planFile(runDir), "utf8");
  } catch (cause) {
    throw new CheckpointError(
      {
        expected: "a run folder with plan.json, as segkit train makes",
        found: `${runDir} has none`,
        next: "Check the path.",
      },
      { cause },
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(
      {
        expected: "JSON",
        found: `${planFile(runDir)} is damaged (${(cause as Error).message})`,
        next: "Restore it from a copy, or start a new run.",
      },
      { cause },
    );
  }
  return parsePlan(parsed, planFile(runDir));
}
