/** @file All methods that change the training step: one table, and how JSON options are checked. */
import { requireKnown } from "../../util/known-name.js";
import { parseOptions } from "../../util/parse-options.js";
import type { Method } from "../method.js";
import { adversarial, adversarialLabelled } from "./adversarial.js";
import { cps } from "./cps.js";
import { fixmatch } from "./fixmatch.js";
import { meanTeacher } from "./mean-teacher.js";
import { unimatch } from "./unimatch.js";

export const methods: readonly Method[] = [meanTeacher, fixmatch, unimatch, cps, adversarial, adversarialLabelled];

export const methodNames: readonly string[] = methods.map(({ name }) => name);

/** A method with its options. */
export interface MethodChoice {
  readonly method: Method;
  readonly options: { readonly [name: string]: unknown };
}

/**
 * The method of a name with its options checked and completed.
 *
 * @throws UsageError for an unknown name (with the nearest), unknown options and values out of range.
 * @example
 * const { method, options } = chooseMethod("fixmatch", { threshold: 0.9 });
 */
export function chooseMethod(name: string, options: { readonly [name: string]: unknown } = {}): MethodChoice {
  const table = Object.fromEntries(methods.map((method) => [method.name, method]));
  requireKnown("method", name, table);
  const method = table[name]!;
  return { method, options: parseOptions(method.options, options, `method ${name}`) as MethodChoice["options"] };
}
