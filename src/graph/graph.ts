/** @file Graph: the list of nodes that verbs append to, with leaves, named outputs and the scope path of layers. */
import { GraphError, SegkitError, ShapeError } from "../errors/index.js";
import { dimText, type Shape, sameShape, shapeText } from "./dim.js";
import type { Attributes, ConstantData, DType, Node, OpSpec, Source, Target, TensorType, Value } from "./types.js";

export interface GraphOptions {
  /** Set on the graph that the writer makes: composite operators are replaced by what they are made of as they are appended. */
  readonly target?: Target;
  /** Channels in a block of ONNX Runtime's blocked layout on this machine (16 with AVX-512, 8 with AVX2); 0 does without it. */
  readonly channelBlock?: number;
}

/** A value that the graph hands to its caller, under this name. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

export class Graph {
  readonly nodes: Node[] = [];
  /** Inputs, parameters and buffers, in the order they were made. */
  readonly leaves: Value[] = [];
  readonly outputs: GraphOutput[] = [];
  readonly target: Target | undefined;
  readonly channelBlock: number;
  private nextId = 0;
  private path: string[] = [];
  private readonly known = new Map<string, readonly Value[]>();

  constructor(options: GraphOptions = {}) {
    this.target = options.target;
    this.channelBlock = options.channelBlock ?? 0;
  }

  /** Path of the layer that is being built, e.g. `decoder.blocks.0.conv1`. */
  get scope(): string {
    return this.path.join(".");
  }

  /** Runs `build` with `name` appended to the scope path. */
  inScope<T>(name: string, build: () => T): T {
    const before = this.path;
    this.path = name === "" ? before : [...before, name];
    try {
      return build();
    } finally {
      this.path = before;
    }
  }

  /** Runs `build` with the scope path set to `path`, wherever it is called from. */
  atPath<T>(path: string, build: () => T): T {
    const before = this.path;
    this.path = path === "" ? [] : [path];
    try {
      return build();
    } finally {
      this.path = before;
    }
  }

  /** A tensor given at every run. */
  input(name: string, dtype: DType, shape: Shape): Value {
    return this.leaf({ kind: "input", name }, dtype, shape);
  }

  /** A tensor that training changes. */
  parameter(name: string, shape: Shape, dtype: DType = "float32"): Value {
    return this.leaf({ kind: "parameter", name }, dtype, shape);
  }

  /** A tensor that belongs to the network's state but has no gradient, such as BatchNorm's running mean. */
  buffer(name: string, shape: Shape, dtype: DType = "float32"): Value {
    return this.leaf({ kind: "buffer", name }, dtype, shape);
  }

  /** A constant tensor; equal constants share one value. */
  constant(data: ConstantData, shape: readonly number[], dtype: DType = constantType(data)): Value {
    const size = shape.reduce((p, d) => p * d, 1);
    if (data.length !== size)
      throw new GraphError({
        expected: `${size} numbers for the shape ${shapeText(shape)}`,
        found: `a constant of ${data.length}`,
      });
    const small = data.length <= 4096;
    const key = small
      ? `const ${dtype} ${shape.join(",")} ${Array.from(data as ArrayLike<number | bigint>)
          .map(exactText)
          .join(",")}`
      : "";
    if (small) {
      const found = this.known.get(key);
      if (found) return found[0]!;
    }
    const value = this.make({ kind: "constant", data }, dtype, shape);
    if (small) this.known.set(key, [value]);
    return value;
  }

  /** A number as a constant of no dimensions, in the type of the value it meets. */
  scalar(value: number, dtype: DType = "float32"): Value {
    return this.constant(scalarData(value, dtype), [], dtype);
  }

  /** Names a value as an output. A name is written once. */
  output(name: string, value: Value): void {
    if (value.graph !== this)
      throw new GraphError({ expected: "a value of this graph", found: `output ${name} of another graph` });
    if (this.outputs.some((output) => output.name === name))
      throw new GraphError({ expected: "one value for each output name", found: `a second output named ${name}` });
    this.outputs.push({ name, value });
  }

  /** Appends a node; this is how every operator function ends. Errors of its shape rule gain the name of the layer. */
  append(op: string, spec: OpSpec, inputs: readonly (Value | null)[], attributes: Attributes): readonly Value[] {
    for (const input of inputs)
      if (input && input.graph !== this)
        throw new GraphError({ expected: "inputs of one graph", found: `${op} of values of two graphs` });
    if (this.target) {
      const lowered = spec.lower?.(inputs, attributes, this.target);
      if (lowered) return lowered;
    }
    const types = this.infer(op, spec, inputs, attributes);
    const key = this.target ? nodeKey(op, inputs, attributes) : "";
    const found = this.target && this.known.get(key);
    if (found) return found;
    const outputs: Value[] = [];
    const node: Node = { op, spec, inputs, outputs, attributes, scope: this.scope };
    for (const [index, type] of types.entries())
      outputs.push(this.make({ kind: "node", node, index }, type.dtype, type.shape));
    this.nodes.push(node);
    if (this.target) this.known.set(key, outputs);
    return outputs;
  }

  private infer(op: string, spec: OpSpec, inputs: readonly (Value | null)[], attributes: Attributes): TensorType[] {
    try {
      return spec.infer(inputs, attributes);
    } catch (error) {
      if (error instanceof SegkitError) {
        const shapes = inputs.map((input) => (input ? `${input.dtype}${shapeText(input.shape)}` : "-")).join(", ");
        throw new ShapeError({
          expected: error.expected,
          found: `${op}(${shapes}) has ${error.found}`,
          layer: this.scope,
          ...(error.next ? { next: error.next } : {}),
        });
      }
      throw error;
    }
  }

  private leaf(source: Source & { name: string }, dtype: DType, shape: Shape): Value {
    const before = this.leaves.find((leaf) => leafName(leaf) === source.name);
    if (before)
      throw new GraphError({
        expected: "one leaf for each name",
        found: `a second ${source.kind} named ${source.name}`,
      });
    const value = this.make(source, dtype, shape);
    this.leaves.push(value);
    return value;
  }

  private make(source: Source, dtype: DType, shape: Shape): Value {
    return { id: this.nextId++, graph: this, source, dtype, shape };
  }
}

/** Name of an input, parameter or buffer; undefined for constants and results of nodes. */
export const leafName = (value: Value): string | undefined => ("name" in value.source ? value.source.name : undefined);

export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

function nodeKey(op: string, inputs: readonly (Value | null)[], attributes: Attributes): string {
  const texts = Object.entries(attributes).map(([name, value]) => `${name}=${attributeText(value)}`);
  return `${op}(${inputs.map((input) => input?.id ?? "-").join(",")}){${texts.join(";")}}`;
}

/** An attribute as text, for printing and for finding equal nodes. */
export function attributeText(value: Attributes[string]): string {
  if (Array.isArray(value))
    return `[${value.map((v) => (typeof v === "string" ? v : dimText(v as number))).join(",")}]`;
  if (typeof value === "object") return dimText(value as Exclude<typeof value, readonly unknown[]>);
  return String(value);
}

/** -0 and 0 are different constants. */
const exactText = (value: number | bigint): string => (Object.is(value, -0) ? "-0" : String(value));

function constantType(data: ConstantData): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof Int32Array) return "int32";
  return "uint8";
}

function scalarData(value: number, dtype: DType): ConstantData {
  switch (dtype) {
    case "float64":
      return Float64Array.of(value);
    case "int64":
      return BigInt64Array.of(BigInt(value));
    case "int32":
      return Int32Array.of(value);
    case "uint8":
    case "bool":
      return Uint8Array.of(value);
    default:
      return Float32Array.of(value);
  }
}
