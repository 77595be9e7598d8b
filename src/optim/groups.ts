/** @file Parameter groups: which parameters are trained, how fast, and with how much weight decay. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import type { Shape } from "../graph/dim.js";

/** What a parameter is picked by: `*` in a text stands for any characters; a function sees name and shape. */
export type ParameterMatch = string | RegExp | ((name: string, shape: Shape) => boolean);

/** Settings for the parameters that match; later groups override earlier ones, field by field. */
export interface ParameterGroup {
  /** Default: every parameter. */
  readonly match?: ParameterMatch | undefined;
  /** Only parameters of so many dimensions: 1 picks biases and the weights of norms. */
  readonly dimensions?: number | undefined;
  /** Factor on the learning rate. */
  readonly learningRateScale?: number | undefined;
  /** In place of the optimizer's. */
  readonly weightDecay?: number | undefined;
  /** Not trained at all. */
  readonly frozen?: boolean | undefined;
}

/** Groups as JSON, where a match is a text. */
export const parameterGroupSchema = z.strictObject({
  match: z.string().optional(),
  dimensions: z.int().min(0).optional(),
  learningRateScale: z.number().min(0).optional(),
  weightDecay: z.number().min(0).optional(),
  frozen: z.boolean().optional(),
});

/** Biases and norms without weight decay, as most published recipes train. */
export const noDecayForVectors: ParameterGroup = { dimensions: 1, weightDecay: 0 };

export interface ParameterSettings {
  readonly learningRateScale: number;
  /** Undefined: the optimizer's. */
  readonly weightDecay: number | undefined;
  readonly frozen: boolean;
}

/** Settings of one parameter: those of all groups that match it, the last one winning. */
export function settingsOf(name: string, shape: Shape, groups: readonly ParameterGroup[]): ParameterSettings {
  let settings: ParameterSettings = { learningRateScale: 1, weightDecay: undefined, frozen: false };
  for (const { match, dimensions, ...own } of groups)
    if (matchesParameter(match, name, shape) && (dimensions === undefined || dimensions === shape.length))
      settings = { ...settings, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
  return settings;
}

/**
 * Checks that each group picks some parameter: a group that picks none is most likely a misspelt name.
 *
 * @throws UsageError that names the group and some parameters.
 */
export function checkGroups(
  groups: readonly ParameterGroup[],
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
): void {
  for (const { match, dimensions } of groups)
    if (
      !parameters.some(
        ({ name, shape }) => matchesParameter(match, name, shape) && (dimensions ?? shape.length) === shape.length,
      )
    )
      throw new UsageError({
        expected: "parameter groups that match at least one parameter",
        found: `the group ${String(match ?? "*")}${dimensions === undefined ? "" : ` of ${dimensions} dimensions`} matches none`,
        next: `Names look like ${parameters
          .slice(0, 3)
          .map(({ name }) => name)
          .join(", ")}.`,
      });
}

/** Whether a match picks a parameter. */
export function matchesParameter(match: ParameterMatch | undefined, name: string, shape: Shape): boolean {
  if (match === undefined) return true;
  if (typeof match === "function") return match(name, shape);
  if (match instanceof RegExp) return name.search(match) >= 0;
  const parts = match.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
