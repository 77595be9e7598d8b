/** @file All methods of `segkit semi`: those that change each step of one training, and those that train several times. */
import { z } from "zod";
import { methods as stepMethods } from "../../semi/methods/registry.js";
import { requireKnown } from "../../util/known-name.js";
import { parseOptions } from "../../util/parse-options.js";
import type { RoundMethod } from "./round-method.js";
import { selfTraining } from "./self-training.js";
import { stPlusPlus } from "./st-plus-plus.js";

/** A row of the table. */
export interface SemiMethod {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly paper: string;
  readonly year: number;
  /** Whether it learns from unlabelled images. */
  readonly unlabelled: boolean;
  readonly options: z.ZodType;
  /** How it goes in rounds; undefined for methods of one training. */
  readonly rounds?: RoundMethod;
}

const supervised: SemiMethod = {
  name: "supervised",
  title: "Labelled images alone: what the others are to be measured against",
  paper: "https://arxiv.org/abs/1411.4038",
  year: 2015,
  unlabelled: false,
  options: z.strictObject({}),
};

const inRounds = (rounds: RoundMethod): SemiMethod => {
  const { name, title, paper, year, options } = rounds;
  return { name, title, paper, year, options, unlabelled: true, rounds };
};

export const semiMethods: readonly SemiMethod[] = [
  supervised,
  inRounds(selfTraining),
  inRounds(stPlusPlus),
  ...stepMethods.map(({ name, title, paper, year, unlabelled, options }) => ({
    name,
    title,
    paper,
    year,
    unlabelled,
    options,
  })),
];

/**
 * The method of a name, with its options checked and completed.
 *
 * @throws UsageError for an unknown name (with the nearest), unknown options and values out of range.
 * @example
 * const { method, options } = chooseSemiMethod("self-training", { portion: 0.1 });
 */
export function chooseSemiMethod(
  name: string,
  given: { readonly [option: string]: unknown } = {},
): { readonly method: SemiMethod; readonly options: { readonly [option: string]: unknown } } {
  const table = Object.fromEntries(semiMethods.map((method) => [method.name, method]));
  requireKnown("method", name, table);
  const method = table[name]!;
  return { method, options: parseOptions(method.options, given, `method ${name}`) as { [option: string]: unknown } };
}
