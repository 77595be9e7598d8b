/** @file SweepAxis: an option with the values that it is tried with, and what each of them changes. */
import { z } from "zod";
import { UsageError } from "../../errors/index.js";
import { valueOfText } from "../../models/options.js";
import { planRequestSchema } from "../../train/request.js";
import { requireKnown } from "../../util/known-name.js";
import { chooseSemiMethod } from "./methods.js";
import type { SemiOptions } from "./semi.js";

export interface SweepAxis {
  /** Option of the method or of the training, e.g. `portion`, `portionOfClass.car`, `size`, `model`, `seed`. */
  readonly name: string;
  /** Its values as text, e.g. `2%`, `180x240`, `unet/resnet18`. */
  readonly values: readonly string[];
}

/** One combination of values. */
export interface SweepPoint {
  readonly values: readonly string[];
  /** Name of its folder. */
  readonly folder: string;
  readonly options: SemiOptions;
}

/** An axis from text. @throws UsageError @example parseAxis("portion=2%,5%") // { name: "portion", values: ["2%", "5%"] } */
export function parseAxis(text: string): SweepAxis {
  const at = text.indexOf("=");
  const values = text
    .slice(at + 1)
    .split(",")
    .map((value) => value.trim());
  if (at < 1 || values.some((value) => value === ""))
    throw new UsageError({ expected: "an option with values, such as portion=2%,5%,10%", found: JSON.stringify(text) });
  return { name: text.slice(0, at).trim(), values };
}

/** `20%` as 0.2, anything else as on the command line. */
function meaningOf(text: string): unknown {
  const percent = /^([\d.]+)\s*%$/.exec(text);
  return percent ? Number((Number(percent[1]) / 100).toPrecision(12)) : valueOfText(text);
}

/** A number to draw a value at; undefined for names and sizes. */
export function placeOf(text: string): number | undefined {
  const value = meaningOf(text);
  return typeof value === "number" ? value : undefined;
}

/** Options whose values are written otherwise than JSON. */
const readers: { readonly [name: string]: (text: string, options: SemiOptions) => Partial<SemiOptions> } = {
  size: (text) => ({ size: text.split("x").map(Number) as [number, number] }),
  model: (text) => {
    const [model, encoder] = text.split("/");
    return { model: model!, ...(encoder === undefined ? {} : { encoder }) };
  },
  labels: (text, { labels, seed = 1 }) => {
    const [keep, of] = text.split("/").map(Number);
    return { labels: { keep: keep!, of: of!, seed: labels?.seed ?? seed } };
  },
  // With the seed goes the choice of labels, which weighs as much.
  seed: (text, { labels }) => ({
    seed: Number(text),
    ...(labels ? { labels: { ...labels, seed: Number(text) } } : {}),
  }),
};

const trainingNames = Object.keys(planRequestSchema.shape).filter((name) => !/^(set|method|methodOptions)$/.test(name));

/** The options with one of them at a value. @throws UsageError for a name that neither the method nor a training has. */
function withValue(options: SemiOptions, name: string, text: string): SemiOptions {
  const { method } = chooseSemiMethod(options.method ?? "");
  const own = method.options instanceof z.ZodObject ? Object.keys(method.options.shape) : [];
  const [first, ...rest] = name.split(".") as [string, ...string[]];
  if (own.includes(first)) {
    const before = options.methodOptions ?? {};
    const value =
      rest.length === 0 ? meaningOf(text) : { ...(before[first] as object), [rest.join(".")]: meaningOf(text) };
    return { ...options, methodOptions: { ...before, [first]: value } };
  }
  const names = [...own, ...trainingNames, ...Object.keys(readers)];
  requireKnown("option to sweep", name, Object.fromEntries(names.map((known) => [known, known])));
  return { ...options, ...(readers[name]?.(text, options) ?? { [name]: meaningOf(text) }) };
}

/** What a value is called in the name of a folder. */
const folderPart = (text: string): string => String(placeOf(text) ?? text).replace(/[^\w.+-]+/g, "-");

/**
 * All combinations of the axes' values, the last axis changing fastest; their options are checked before any is trained.
 *
 * @throws UsageError for unknown names, values that a method does not take, or the same value twice.
 */
export function sweepPoints(options: SemiOptions, axes: readonly SweepAxis[]): SweepPoint[] {
  let points: SweepPoint[] = [{ values: [], folder: "", options }];
  for (const { name, values } of axes)
    points = points.flatMap((point) =>
      values.map((text) => ({
        values: [...point.values, text],
        folder: [...(point.folder === "" ? [] : [point.folder]), folderPart(text)].join("_"),
        options: withValue(point.options, name, text),
      })),
    );
  const seen = new Set<string>();
  for (const { folder, options: made } of points) {
    if (seen.has(folder)) throw new UsageError({ expected: "each value once", found: `${folder} twice` });
    seen.add(folder);
    chooseSemiMethod(made.method ?? "", made.methodOptions);
    const request = Object.entries(made).filter(([name]) => trainingNames.includes(name));
    const checked = planRequestSchema.safeParse(Object.fromEntries(request));
    if (checked.success) continue;
    const { path, message } = checked.error.issues[0]!;
    throw new UsageError({ expected: `${path.join(".")}: ${message}`, found: `the value of ${folder}` });
  }
  return points;
}
