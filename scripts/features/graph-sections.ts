/** @file The parts of FEATURES.md about operators and the functions made of them. */
import { rules } from "../../src/autodiff/index.js";
import { type OpName, operators } from "../../src/graph/index.js";
import type { Evidence } from "./evidence.js";
import { fileList, table } from "./markdown.js";
import { declarations, filesBelow, mentions, read } from "./source.js";

const opFiles = filesBelow("src/graph/ops").filter((path) => !path.endsWith(".test.ts"));

/** Functions of operators with what their comments say. A comment that only states a shape stands as it is. */
const described = new Map(
  opFiles.flatMap((path) =>
    declarations(path)
      .filter(({ name }) => /^[A-Z]/.test(name))
      .map((found) => [found.name, { ...found, path }] as const),
  ),
);

interface TestFile {
  readonly path: string;
  readonly text: string;
}

const testFiles: readonly TestFile[] = ["src/graph", "src/autodiff"]
  .flatMap((folder) => filesBelow(folder, ".test.ts"))
  .map((path) => ({ path, text: read(path) }));

const builders: readonly TestFile[] = filesBelow("parity/ops")
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => ({ path, text: read(path) }));

/** How tests of graphs that name a function judge it: by central differences where the file checks gradients that way. */
function ownTests(name: string): string {
  const kinds = testFiles
    .filter(({ text }) => mentions(text, name))
    .map(({ text }) => (text.includes("checkGradients") ? "central differences" : "worked out in the test"));
  return [...new Set(kinds)].sort().join(", ");
}

const gradientText = (name: OpName): string => {
  const rule = rules[name];
  return typeof rule === "function" ? "yes" : `none: ${rule.reason}`;
};

/** One row for each operator of the gradient table. */
export function operatorTable({ operators: forward, gradients }: Evidence): string {
  return table(
    [
      "operator",
      "what it does",
      "gradient",
      "forward equals the fixtures of",
      "gradient equals the fixtures of",
      "own tests",
    ],
    (Object.keys(operators) as OpName[]).map((name) => [
      `\`${name}\``,
      described.get(name)?.comment || "as ONNX defines it",
      gradientText(name),
      fileList(forward[name] ?? []),
      fileList(gradients[name] ?? []),
      ownTests(name),
    ]),
  );
}

/** One row for each function that is made of operators; its gradient follows from theirs. */
export function compositeTable(): string {
  const composites = Array.from(described.values()).filter(
    ({ name, path }) => !(name in operators) && isFunction(name, path),
  );
  return table(
    ["function", "what it does", "PyTorch's numbers through", "own tests"],
    composites.map(({ name, comment }) => [
      `\`${name}\``,
      comment,
      builders
        .filter(({ text }) => mentions(text, name))
        .map(({ path }) => path)
        .join(", "),
      ownTests(name),
    ]),
  );
}

const isFunction = (name: string, path: string): boolean =>
  new RegExp(`export (function|const) ${name}\\b[\\s\\S]{0,300}?Value`).test(read(path));
