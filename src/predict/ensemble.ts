/**
 * @file Ensembles: bundles joined into one, whose probabilities are the mean of theirs.
 *
 * Everything that is made of probabilities afterwards (blended tiles, mean over views, maps brought to another size) is linear
 * in them, so that the mean inside the graph is the mean of what each model gives at full size.
 */
import { UsageError } from "../errors/index.js";
import { Add, ArgMax, Cast, Graph, Mul, symbol, type Value, verify, writeModel } from "../graph/index.js";
import type { OnnxModel } from "../onnx/model.js";
import { type BundleInfo, readBundle, sealBundle } from "./bundle.js";

/** A model of an ensemble. */
export interface Member {
  /** What errors call it, e.g. its path. */
  readonly name: string;
  readonly bundle: Uint8Array;
}

export interface JoinOptions {
  /** Whether models may bring images to the network in different ways; whoever predicts then says how. */
  readonly anyInput?: boolean;
  /** What the ensemble's provenance says beside that of its models. */
  readonly provenance?: BundleInfo["provenance"];
}

/** What all models must have in common, in words. */
function traits({ classes, channels, ignoreIndex, input, middle }: BundleInfo, anyInput: boolean) {
  const names = classes.map(({ name }) => name);
  const { rule, height, width } = input;
  const way = middle ? `tiles of ${middle.height}x${middle.width}` : `${rule} ${height}x${width}`;
  return {
    classes: {
      text: `${names.length} classes (${names.slice(0, 4).join(", ")}${names.length > 4 ? ", ..." : ""})`,
      all: names.join("\n"),
    },
    channels: { text: `images of ${channels} channels`, all: String(channels) },
    void: { text: `${ignoreIndex} for pixels of no class`, all: String(ignoreIndex) },
    ...(anyInput && !middle ? {} : { input: { text: `images brought to it by ${way}`, all: way } }),
  };
}

/** @throws UsageError naming the first model that does not fit to the first of all. */
function requireAlike(infos: readonly BundleInfo[], names: readonly string[], anyInput: boolean): void {
  const first = Object.entries(traits(infos[0]!, anyInput));
  for (const [i, info] of infos.entries()) {
    const own = traits(info, anyInput) as { [trait: string]: { text: string; all: string } };
    const other = first.find(([trait, { all }]) => own[trait]?.all !== all);
    if (!other) continue;
    const [trait, { text }] = other;
    throw new UsageError({
      expected: `models of an ensemble that are alike: ${text}, as ${names[0]} has`,
      found: `${names[i]} has ${own[trait]?.text ?? "another way"}`,
      next: trait === "input" ? "Say how all see images with --input-size or --tiles." : "Leave it out.",
    });
  }
}

const probabilities = "probabilities";

/** The nodes that a value of a model hangs on, in order. */
function nodesFor({ graph }: OnnxModel, output: string): OnnxModel["graph"]["node"] {
  const wanted = new Set([output]);
  return [...graph.node]
    .reverse()
    .filter((node) => {
      if (!node.output.some((name) => wanted.has(name))) return false;
      for (const name of node.input) wanted.add(name);
      return true;
    })
    .reverse();
}

/** A model whose tensors, but for the image, have a prefix; without what only its mask needs. */
function prefixed(model: OnnxModel, prefix: string): Pick<OnnxModel["graph"], "node" | "initializer"> {
  const inputs = new Set(model.graph.input.map(({ name }) => name));
  const named = (name: string): string => (name === "" || inputs.has(name) ? name : prefix + name);
  const node = nodesFor(model, probabilities).map((one) => ({
    ...one,
    input: one.input.map(named),
    output: one.output.map(named),
    ...(one.name === undefined ? {} : { name: prefix + one.name }),
  }));
  const used = new Set(node.flatMap(({ input }) => input));
  const initializer = model.graph.initializer
    .map((tensor) => ({ ...tensor, name: named(tensor.name ?? "") }))
    .filter(({ name }) => used.has(name));
  return { node, initializer };
}

/** The mean of maps [batch, K, height, width] of those names, and the class with the largest. */
function meanOf(names: readonly string[], numClasses: number): OnnxModel {
  const graph = new Graph();
  const shape = [symbol("batch"), numClasses, symbol("height"), symbol("width")];
  const maps = names.map((name): Value => graph.input(name, "float32", shape));
  const mean = Mul(
    maps.reduce((sum, map) => Add(sum, map)),
    1 / names.length,
  );
  graph.output(probabilities, mean);
  graph.output("mask", Cast(ArgMax(mean, 1), numClasses <= 256 ? "uint8" : "int32"));
  verify(graph);
  return writeModel(graph, { target: "portable", name: "mean" });
}

/** Versions of operators, which must be the same in all. */
function opsetsOf(models: readonly OnnxModel[]): OnnxModel["opsetImport"] {
  const versions = new Map<string, number>();
  for (const { domain, version } of models.flatMap((model) => model.opsetImport)) {
    if ((versions.get(domain) ?? version) !== version)
      throw new UsageError({
        expected: "models exported by one version of Segkit",
        found: `versions ${versions.get(domain)} and ${version} of the operators ${domain || "of ONNX"}`,
        next: "Export them again.",
      });
    versions.set(domain, version);
  }
  return Array.from(versions, ([domain, version]) => ({ domain, version }));
}

/** The temperature of each model, also of those that were joined before; nothing where none has any. */
function temperaturesOf(infos: readonly BundleInfo[]): Pick<BundleInfo, "temperatures"> {
  const temperatures = infos.flatMap(
    ({ calibration, temperatures: inner }) => inner ?? [calibration?.temperature ?? null],
  );
  return temperatures.some((one) => one !== null) ? { temperatures } : {};
}

/**
 * Joins bundles into the bytes of one, whose probabilities are the mean of theirs, each at its own temperature.
 *
 * @throws UsageError when classes, channels or ways to see an image differ; RuntimeError for bytes that are no bundle.
 */
export function joinBundles(
  members: readonly Member[],
  { anyInput = false, provenance = {} }: JoinOptions = {},
): Uint8Array {
  const bundles = members.map(({ bundle }) => readBundle(bundle));
  const infos = bundles.map(({ info }) => info);
  const { calibration: _, temperatures: __, ...first } = infos[0]!;
  requireAlike(
    infos,
    members.map(({ name }) => name),
    anyInput,
  );
  const parts = bundles.map(({ model }, i) => prefixed(model, `${i + 1}.`));
  const head = meanOf(
    parts.map((_, i) => `${i + 1}.${probabilities}`),
    first.classes.length,
  );
  const models = [...bundles.map(({ model }) => model), head];
  const { model } = bundles[0]!;
  const joined: OnnxModel = {
    ...model,
    opsetImport: opsetsOf(models),
    metadataProps: [],
    graph: {
      name: "ensemble",
      input: model.graph.input,
      output: head.graph.output,
      node: [...parts.flatMap(({ node }) => node), ...head.graph.node],
      initializer: [...parts.flatMap(({ initializer }) => initializer), ...head.graph.initializer],
    },
  };
  const info: BundleInfo = {
    ...first,
    name: [...new Set(infos.map(({ name }) => name))].join(" + "),
    ...temperaturesOf(infos),
    provenance: { ...provenance, ensemble: infos.map((one) => one.provenance) },
  };
  return sealBundle(joined, info);
}
