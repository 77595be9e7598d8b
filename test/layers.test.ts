/** @file The house rules of src/: imports point down, siblings stand apart, no circles, one door to ONNX Runtime, short files. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** Floors from the ground up; what shares a floor may not import its neighbours. */
const floors: readonly (readonly string[])[] = [
  ["errors"],
  ["util"],
  ["onnx"],
  ["graph"],
  ["autodiff"],
  ["nn"],
  ["losses", "metrics", "optim", "schedules"],
  ["encoders"],
  ["models"],
  ["weights"],
  ["raster"],
  ["data"],
  ["runtime"],
  ["semi"],
  ["train"],
  ["predict"],
  ["record"],
  ["verbs"],
  ["cli", "demo", "index.ts"],
];

/** Families: a table that lists siblings, none of which may import another. `helpers` are files the table needs beside them. */
const families: readonly { readonly table: string; readonly helpers?: readonly string[] }[] = [
  { table: "autodiff/rules/index.ts" },
  { table: "losses/registry.ts", helpers: ["losses/combine.ts"] },
  { table: "optim/registry.ts" },
  { table: "schedules/registry.ts", helpers: ["schedules/warmup.ts"] },
  { table: "encoders/registry.ts" },
  { table: "models/registry.ts", helpers: ["models/options.ts"] },
  { table: "data/transforms/transforms.ts" },
  { table: "data/layouts/layouts.ts" },
  { table: "data/doctor/checks.ts" },
  { table: "semi/methods/registry.ts" },
  { table: "cli/commands.ts" },
];

/** Files between 400 and 600 lines, each with what makes it so long. None is at present. */
const longFiles: { readonly [file: string]: string } = {};

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");

interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is left out of the build: `import type` and `export type`. */
  readonly typeOnly: boolean;
}

const inside = (path: string): string => relative(src, path).split(sep).join("/");

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => join(root, folder, name));

// `import … from`, `export … from` and `import "…"` begin a line; `import(…)` and workers may stand anywhere.
const statements = /^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?"([^"]+)"/gm;
const calls = /\b(?:import\(|workerUrl\()\s*"([^"]+)"/g;

function importsOf(path: string): { to: string; typeOnly: boolean }[] {
  const text = readFileSync(path, "utf8");
  return [
    ...Array.from(text.matchAll(statements), ([, type, to]) => ({ to: to!, typeOnly: type !== undefined })),
    ...Array.from(text.matchAll(calls), ([, to]) => ({ to: to!, typeOnly: false })),
  ];
}

const sources = filesBelow("src");
const isTest = (path: string): boolean => path.endsWith(".test.ts");

/** Every import of one file of src/ by another; tests may import what they like. */
const imports: readonly Import[] = sources
  .filter((path) => !isTest(path))
  .flatMap((path) =>
    importsOf(path)
      .filter(({ to }) => to.startsWith("."))
      .map(({ to, typeOnly }) => ({
        from: inside(path),
        to: inside(resolve(dirname(path), to.replace(/(\.js)?$/, ".ts"))),
        typeOnly,
      })),
  );

const folderOf = (file: string): string => file.split("/")[0]!;
const floorOf = (file: string): number => floors.findIndex((floor) => floor.includes(folderOf(file)));
const arrow = ({ from, to, typeOnly }: Import): string => `${from} -> ${to}${typeOnly ? " (types only)" : ""}`;

it("every folder of src has a floor", () => {
  const folders = [...new Set(sources.map((path) => folderOf(inside(path))))];
  expect(folders.sort(), "add new folders to `floors`, and to docs/explanation/architecture.md").toEqual(
    floors.flat().sort(),
  );
});

it("every relative import names a file", () => {
  const known = new Set(sources.map(inside));
  expect(imports.filter(({ to }) => !known.has(to)).map(arrow)).toEqual([]);
});

it("imports point to the own folder or down", () => {
  const wrong = imports.filter(({ from, to }) => folderOf(from) !== folderOf(to) && floorOf(to) >= floorOf(from));
  expect(wrong.map(arrow)).toEqual([]);
});

it.each(families)("siblings listed in $table import no sibling", ({ table, helpers = [] }) => {
  const siblings = new Set(
    imports
      .filter(({ from, to, typeOnly }) => from === table && !typeOnly && to.startsWith(`${dirname(table)}/`))
      .map(({ to }) => to)
      .filter((file) => !helpers.includes(file)),
  );
  expect(siblings.size, `siblings found in ${table}`).toBeGreaterThan(0);
  expect(imports.filter(({ from, to }) => siblings.has(from) && siblings.has(to)).map(arrow)).toEqual([]);
});

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
function circles(edges: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) visit(to);
      if (stack.includes(to)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(to)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || next.get(file)?.includes(file)) found.push(group);
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** The shortest way from a file back to itself, as far as there is one. */
function wayBack(start: string, edges: readonly Import[]): string[] | undefined {
  const before = new Map<string, string>();
  const queue = [start];
  for (const file of queue)
    for (const { from, to } of edges) {
      if (from !== file || before.has(to)) continue;
      before.set(to, file);
      queue.push(to);
    }
  if (!before.has(start)) return undefined;
  const way = [start];
  do way.unshift(before.get(way[0]!)!);
  while (way[0] !== start);
  return way;
}

/** For each group of files in a circle its shortest one, as text. */
const shortestCircles = (edges: readonly Import[]): string[] =>
  circles(edges).map((group) =>
    group
      .flatMap((file) => [wayBack(file, edges) ?? []])
      .sort((p, q) => p.length - q.length)[0]!
      .join(" -> "),
  );

it("the search for circles finds one, and none in a chain", () => {
  const edges = (text: string): Import[] =>
    text.split(" ").map((pair) => ({ from: pair[0]!, to: pair[1]!, typeOnly: false }));
  expect(shortestCircles(edges("ab bc cd"))).toEqual([]);
  expect(shortestCircles(edges("ab bc cb cd"))).toEqual(["b -> c -> b"]);
  expect(shortestCircles(edges("ab bc cd da ca"))).toEqual(["a -> b -> c -> a"]);
  expect(shortestCircles(edges("ab bb"))).toEqual(["b -> b"]);
});

it("no files import each other in a circle when the program runs", () => {
  expect(shortestCircles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
});

it("only src/runtime imports ONNX Runtime", () => {
  const wrong = sources
    .filter((path) => !inside(path).startsWith("runtime/"))
    .flatMap((path) => importsOf(path).map(({ to }) => ({ from: inside(path), to, typeOnly: false })))
    .filter(({ to }) => to.startsWith("onnxruntime"));
  expect(wrong.map(arrow)).toEqual([]);
});

it("no file has more than 600 lines, and those over 400 give a reason", () => {
  const lines = ["src", "test", "parity", "bench", "examples", "scripts"].flatMap(filesBelow).map((path) => ({
    file: relative(root, path).split(sep).join("/"),
    lines: readFileSync(path, "utf8").split("\n").length - 1,
  }));
  expect(lines.filter((one) => one.lines > 600)).toEqual([]);
  const long = lines.filter((one) => one.lines > 400).map(({ file }) => file);
  expect(long.sort(), "split the file, or add its reason to `longFiles`").toEqual(Object.keys(longFiles).sort());
});
