/**
 * @file `npm run evidence -- DIR|FILE ...`: runs parity fixtures and writes to scripts/evidence.json which operators, gradient
 * rules, networks, losses and so on took part in cases that passed. FEATURES.md is made from it. Files that are not among the
 * arguments keep their entries.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { casesOf, fixtureFiles } from "../parity/files.js";
import { rules } from "../src/autodiff/index.js";
import { encoders } from "../src/encoders/registry.js";
import { Graph } from "../src/graph/index.js";
import { losses } from "../src/losses/index.js";
import { architectures } from "../src/models/registry.js";
import { optimizers } from "../src/optim/index.js";
import { schedules } from "../src/schedules/index.js";
import { writeFileAtomic } from "../src/util/files.js";
import { type Evidence, evidenceFile, evidenceKinds } from "./features/evidence.js";

/** What took part since it was last cleared, e.g. `gradients Conv`. */
const seen = new Set<string>();

type Callable = (...given: never[]) => unknown;

/** Notes each call of a method and passes it on. The registries are read-only to programs, not to this one. */
function watch(owner: object, method: string, note: (self: never, ...given: never[]) => string | undefined): void {
  const holder = owner as { [name: string]: Callable };
  const original = holder[method]!;
  holder[method] = function (this: never, ...given: never[]): unknown {
    const entry = note(this, ...given);
    if (entry !== undefined) seen.add(entry);
    return original.apply(this, given);
  };
}

// The writer replays a graph for its target; only what was asked for counts.
watch(Graph.prototype, "append", (graph: Graph, op: string) => (graph.target ? undefined : `operators ${op}`));
for (const [op, rule] of Object.entries(rules))
  if (typeof rule === "function") watch(rules, op, () => `gradients ${op}`);
for (const network of architectures) watch(network, "build", () => `networks ${network.name}`);
for (const encoder of encoders)
  for (const method of ["build", "classify"]) watch(encoder, method, () => `encoders ${encoder.name}`);
for (const [name, kind] of Object.entries(losses)) watch(kind, "build", () => `losses ${name}`);
for (const [name, kind] of Object.entries(optimizers)) watch(kind, "build", () => `optimizers ${name}`);
for (const [name, kind] of Object.entries(schedules)) watch(kind, "build", () => `schedules ${name}`);

/** What took part in the passing cases of a file. */
async function passedWith(file: string): Promise<Set<string>> {
  const found = new Set<string>();
  seen.clear();
  for await (const { name, passed, detail } of casesOf(file)) {
    if (passed) for (const entry of seen) found.add(entry);
    else process.stdout.write(`left out, as it fails: ${name}: ${detail}\n`);
    seen.clear();
  }
  return found;
}

/** Evidence by kind and name: the fixture files, as `folder/name`. */
const evidence = new Map<string, Set<string>>();
const old: Evidence | undefined = existsSync(evidenceFile)
  ? (JSON.parse(readFileSync(evidenceFile, "utf8")) as Evidence)
  : undefined;
const files = fixtureFiles(process.argv.slice(2));
const titles = new Map(files.map((file) => [file, `${basename(dirname(file))}/${basename(file, ".json")}`]));
const replaced = new Set(titles.values());
for (const kind of evidenceKinds)
  for (const [name, titlesOf] of Object.entries(old?.[kind] ?? {}))
    evidence.set(`${kind} ${name}`, new Set(titlesOf.filter((title) => !replaced.has(title))));
for (const [file, title] of titles) {
  for (const entry of await passedWith(file)) evidence.set(entry, (evidence.get(entry) ?? new Set()).add(title));
}

const sorted = <T>(entries: Iterable<[string, T]>): { [name: string]: T } =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
const result = Object.fromEntries(
  evidenceKinds.map((kind) => {
    const own = [...evidence].filter(([key, set]) => key.startsWith(`${kind} `) && set.size > 0);
    return [kind, sorted(own.map(([key, set]) => [key.slice(kind.length + 1), [...set].sort()]))];
  }),
);
// One line an entry, so that a change shows as such.
const text = JSON.stringify(result, null, 1).replace(/\[[^[\]]*\]/g, (list) => JSON.stringify(JSON.parse(list)));
writeFileAtomic(evidenceFile, `${text}\n`);

const { networks, encoders: backbones } = result as { [kind: string]: { [name: string]: string[] } };
const proved = sorted(Object.entries({ ...networks, ...backbones }));
const lines = Object.entries(proved).map(([name, files]) => `  ${JSON.stringify(name)}: ${JSON.stringify(files)},\n`);
writeFileAtomic(
  fileURLToPath(new URL("../src/models/parity.ts", import.meta.url)),
  `/** @file Written by \`npm run evidence\`: reference fixtures whose outputs, loss and gradients a network or encoder equals. */

// biome-ignore format: one line an entry
export const parity: { readonly [name: string]: readonly string[] } = {
${lines.join("")}};
`,
);
