/** @file Writing a graph as an ONNX model: lowered for a target, sizes that depend on inputs computed by `Shape` operators. */
import { GraphError } from "../errors/index.js";
import {
  attributeTypes,
  dataTypes,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../onnx/model.js";
import { type Dim, dimText, type Shape } from "./dim.js";
import { type Graph, leafName } from "./graph.js";
import { lower } from "./lower.js";
import type { Attributes, AttributeValue, ConstantData, DType, Emission, Node, Target, Value } from "./types.js";

export interface WriteOptions {
  readonly target: Target;
  /** See GraphOptions; `runtime/blocked-layout.ts` finds out what this machine has. */
  readonly channelBlock?: number;
  /** Values of parameters and buffers to keep inside the model as initializers; those left out become inputs. */
  readonly initializers?: ReadonlyMap<string, ConstantData>;
  readonly name?: string;
  readonly metadata?: { readonly [key: string]: string };
}

const opset = 21;

/** Attributes that ONNX declares as floats; a whole number in one of them must not be written as an integer. */
const floatAttributes = new Set([
  "alpha",
  "beta",
  "gamma",
  "epsilon",
  "momentum",
  "bias",
  "lambd",
  "cubic_coeff_a",
  "spatial_scale",
  "extrapolation_value",
]);

/** The graph as an ONNX model, ready to encode. */
export function writeModel(
  graph: Graph,
  { target, channelBlock = 0, initializers = new Map(), name = "segkit", metadata = {} }: WriteOptions,
): OnnxModel {
  const writer = new Writer(lower(graph, target, channelBlock));
  return {
    irVersion: 10,
    producerName: "segkit",
    graph: { name, ...writer.write(initializers) },
    opsetImport: [
      { domain: "", version: opset },
      { domain: "com.microsoft", version: 1 },
      ...(channelBlock > 0 ? [{ domain: "com.microsoft.nchwc", version: 1 }] : []),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

/** Writes nodes and constants; names of its own begin with `#`, so that they never meet those of parameters and outputs. */
class Writer {
  private readonly nodes: OnnxNode[] = [];
  private readonly tensors: OnnxTensor[] = [];
  private readonly names = new Map<Value, string>();
  /** Names of tensors that hold sizes, by their text. */
  private readonly sizes = new Map<string, string>();
  private readonly graph: Graph;

  constructor(graph: Graph) {
    this.graph = graph;
    for (const leaf of graph.leaves) this.names.set(leaf, leafName(leaf)!);
  }

  write(initializers: ReadonlyMap<string, ConstantData>): Omit<OnnxModel["graph"], "name"> {
    const outputs = new Map<Value, string>();
    const copies: [string, Value][] = [];
    for (const { name, value } of this.graph.outputs) {
      // An output must be the result of a node of its own: leaves, constants and values with two names are copied.
      if (value.source.kind === "node" && !outputs.has(value)) outputs.set(value, name);
      else copies.push([name, value]);
    }
    for (const node of this.graph.nodes) this.node(node, outputs);
    for (const [name, value] of copies)
      this.nodes.push({ input: [this.name(value)], output: [name], opType: "Identity" });
    const inputs: OnnxValueInfo[] = [];
    for (const leaf of this.graph.leaves) {
      const name = leafName(leaf)!;
      const data = initializers.get(name);
      if (data) this.tensors.push(tensor(name, data, leaf.shape as number[], leaf.dtype));
      else inputs.push(valueInfo(name, leaf.dtype, leaf.shape));
    }
    const output = this.graph.outputs.map(({ name, value }) => valueInfo(name, value.dtype, value.shape));
    return { node: this.nodes, initializer: this.tensors, input: inputs, output };
  }

  private node(node: Node, outputs: ReadonlyMap<Value, string>): void {
    const emission: Emission = node.spec.emit?.(node.attributes, node) ?? { attributes: node.attributes };
    const own = node.inputs.map((input) => (input ? this.name(input) : ""));
    const sizes = (emission.sizes ?? []).map((size) => (size ? this.size(size) : ""));
    const input = emission.order
      ? emission.order.map((place) =>
          place === null ? "" : typeof place === "number" ? own[place]! : sizes[Number(place.slice(1))]!,
        )
      : [...own, ...sizes];
    while (input.at(-1) === "") input.pop();
    for (const output of node.outputs) this.names.set(output, outputs.get(output) ?? `#v${output.id}`);
    const op = emission.op ?? node.op;
    this.nodes.push({
      input,
      output: node.outputs.map((value) => this.names.get(value)!),
      name: `${node.scope || "graph"}/${op}_${this.nodes.length}`,
      opType: op,
      domain: emission.domain ?? "",
      attribute: attributes(emission.attributes ?? {}),
    });
  }

  private name(value: Value): string {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind !== "constant")
      throw new GraphError({
        expected: "a value made by an earlier node",
        found: `value ${value.id} without a writer`,
      });
    const name = `#c${value.id}`;
    this.tensors.push(tensor(name, value.source.data, value.shape as number[], value.dtype));
    this.names.set(value, name);
    return name;
  }

  /** Name of an int64 vector of the given sizes: a constant, or nodes that compute it from the inputs' shapes. */
  private size(dims: readonly Dim[]): string {
    const key = dims.map(dimText).join(",");
    const known = this.sizes.get(key);
    if (known) return known;
    const name = `#s${this.sizes.size}`;
    this.sizes.set(key, name);
    if (dims.every((d) => typeof d === "number"))
      this.tensors.push(tensor(name, BigInt64Array.from(dims as number[], BigInt), [dims.length], "int64"));
    else if (dims.length === 1) this.compute(dims[0]!, name);
    else
      this.nodes.push({
        input: dims.map((d) => this.size([d])),
        output: [name],
        opType: "Concat",
        attribute: attributes({ axis: 0 }),
      });
    return name;
  }

  /** Writes nodes that compute one size as a vector of length 1. */
  private compute(dim: Dim, name: string): void {
    if (typeof dim === "number") return;
    if (dim.kind === "symbol") {
      const leaf = this.graph.leaves.find((candidate) => candidate.shape.some((d) => dimText(d) === dim.name));
      if (!leaf) throw new GraphError({ expected: `an input with the size ${dim.name}`, found: "none" });
      const axis = leaf.shape.findIndex((d) => dimText(d) === dim.name);
      this.nodes.push({
        input: [leafName(leaf)!],
        output: [name],
        opType: "Shape",
        attribute: attributes({ start: axis, end: axis + 1 }),
      });
      return;
    }
    const op = { add: "Add", sub: "Sub", mul: "Mul", floorDiv: "Div", mod: "Mod", max: "Max", min: "Min" }[
      dim.operator
    ];
    this.nodes.push({ input: [this.size([dim.a]), this.size([dim.b])], output: [name], opType: op });
  }
}

function attributes(values: Attributes): OnnxAttribute[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => attribute(name, value));
}

function attribute(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === "string") return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if (typeof value === "boolean") return { name, type: attributeTypes.int, i: value ? 1 : 0 };
  if (typeof value === "number")
    return floatAttributes.has(name) || !Number.isInteger(value)
      ? { name, type: attributeTypes.float, f: value }
      : { name, type: attributeTypes.int, i: value };
  if (Array.isArray(value) && value.every((v) => typeof v === "number"))
    return { name, type: attributeTypes.ints, ints: value };
  if (Array.isArray(value) && value.every((v) => typeof v === "string"))
    return { name, type: attributeTypes.strings, strings: value.map((v) => Buffer.from(v)) };
  throw new GraphError({ expected: "a number, text or list of them", found: `attribute ${name}` });
}

/** Constant data as an ONNX tensor that shares its bytes. */
export function tensor(name: string, data: ConstantData, dims: readonly number[], dtype: DType): OnnxTensor {
  return {
    name,
    dims: [...dims],
    dataType: dataTypes[dtype],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfo(name: string, dtype: DType, shape: Shape): OnnxValueInfo {
  const dim = shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: dimText(d) }));
  return { name, type: { tensorType: { elemType: dataTypes[dtype], shape: { dim } } } };
}
