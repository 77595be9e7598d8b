/** @file Tables of options: names, kinds and defaults from the schemas, meanings from the comments beside them. */
import { z } from "zod";
import { transformKinds } from "../../src/data/transforms/index.js";
import { losses } from "../../src/losses/index.js";
import { describeOptions, type OptionDescription } from "../../src/models/options.js";
import { architectures } from "../../src/models/registry.js";
import { optimizers, parameterGroupSchema } from "../../src/optim/index.js";
import { schedules } from "../../src/schedules/index.js";
import { planRequestSchema } from "../../src/train/request.js";
import { table } from "../features/markdown.js";
import { declarations, fileComment, importedFiles, read } from "../features/source.js";

/** The comment above a field of the first file, or above the constant of that name in the others; empty without one. */
function commentOf(field: string, [own, ...shared]: readonly string[]): string {
  const search = (file: string, what: string): string | undefined =>
    new RegExp(`/\\*\\*((?:[^*]|\\*(?!/))*)\\*/\\s+${what}`).exec(read(file))?.[1];
  const found =
    (own && search(own, `(?:readonly )?${field}\\??: `)) ??
    shared.map((file) => search(file, `export const ${field}\\b`)).find((comment) => comment !== undefined);
  return (found ?? "").replace(/\n\s*\* ?/g, " ").trim();
}

const defaultText = ({ default: value }: OptionDescription): string =>
  value === undefined ? "" : JSON.stringify(value);

function optionTable(schema: z.ZodType, files: readonly string[]): string {
  const options = describeOptions(schema);
  if (options.length === 0) return "It has no options.";
  const meanings = options.map(({ name, description }) => description || commentOf(name, files));
  // A column that would be empty is left out.
  const columns = [
    ["option", options.map(({ name }) => `\`${name}\``)],
    ["kind", options.map(({ kind }) => kind.replaceAll("any[]", "list"))],
    ["default", options.map(defaultText)],
    ["meaning", meanings],
  ] as const;
  const shown = columns.filter(([, cells]) => cells.some((cell) => cell !== ""));
  return table(
    shown.map(([heading]) => heading),
    options.map((_, i) => shown.map(([, cells]) => cells[i]!)),
  );
}

/** What the file of a kind says, and the comment of the kind itself, which is often its formula. */
function introduction(name: string, file: string): string {
  const own = declarations(file).find((found) => found.name === name)?.comment ?? "";
  return [...new Set([fileComment(file), own])].filter((text) => text !== "").join("\n\n");
}

/** A heading and a table for each entry of a registry. */
function family(
  kinds: { readonly [name: string]: { readonly shape: z.ZodRawShape } },
  registry: string,
  shared: readonly string[],
): string {
  const files = importedFiles(registry);
  return Object.entries(kinds)
    .map(
      ([name, { shape }]) =>
        `#### \`${name}\`\n\n${introduction(name, files.get(name)!)}\n\n${optionTable(z.object(shape), [files.get(name)!, ...shared])}`,
    )
    .join("\n\n");
}

export const lossOptions = (): string =>
  family(losses, "src/losses/registry.ts", ["src/losses/loss.ts", "src/losses/overlap.ts"]);

export const optimizerOptions = (): string =>
  family(optimizers, "src/optim/registry.ts", ["src/optim/moments.ts", "src/optim/optimizer.ts"]);

export const scheduleOptions = (): string =>
  family(schedules, "src/schedules/registry.ts", ["src/schedules/schedule.ts"]);

export const requestOptions = (): string => optionTable(planRequestSchema, []);

export const groupOptions = (): string => optionTable(parameterGroupSchema, ["src/optim/groups.ts"]);

export const transformOptions = (): string => {
  const files = importedFiles("src/data/transforms/transforms.ts");
  return Array.from(
    transformKinds,
    ([name, { schema }]) =>
      `#### \`${name}\`\n\n${introduction(name, files.get(`${name}Kind`)!)}\n\n${optionTable(schema, [files.get(`${name}Kind`)!, "src/data/transforms/transform.ts"])}`,
  ).join("\n\n");
};

export const networkOptions = (): string =>
  architectures
    .map(({ name, title, options }) => `#### \`${name}\`\n\n${title}.\n\n${optionTable(options, [])}`)
    .join("\n\n");
