/** @file The nouns of a graph: tensor types, values, nodes and what an operator declares about itself. */
import type { Dim, Shape } from "./dim.js";
import type { Graph } from "./graph.js";

export type DType = "float32" | "float64" | "float16" | "int64" | "int32" | "uint8" | "bool";

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export type AttributeValue =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly Dim[]
  | readonly string[]
  | Dim
  | undefined;
export type Attributes = { readonly [name: string]: AttributeValue };

/** Where a value comes from. Parameters and buffers are inputs of a training graph and initializers of an exported one. */
export type Source =
  | { readonly kind: "node"; readonly node: Node; readonly index: number }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "buffer"; readonly name: string }
  | { readonly kind: "constant"; readonly data: ConstantData };

/** Numbers of a tensor: bool as bytes 0 and 1, float16 as its raw 16 bits. */
export type ConstantData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Uint16Array;

/** A symbolic tensor: the output of a node, or a leaf of the graph. */
export interface Value extends TensorType {
  readonly id: number;
  readonly graph: Graph;
  readonly source: Source;
}

export interface Node {
  readonly op: string;
  readonly spec: OpSpec;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Path of the layer that made the node, e.g. `encoder.layer1.0.conv1`. */
  readonly scope: string;
}

/**
 * What the graph is lowered for. `cpu` may use `com.microsoft` FusedMatMul and MaxPool indices; `portable` uses only what
 * runs alike on CPU, wasm and WebGPU; `reference` writes convolutions as matrix products, so that it also runs in float64.
 */
export type Target = "cpu" | "portable" | "reference";

/** How an operator is written to ONNX: attributes as they are, and sizes that ONNX wants as int64 tensor inputs. */
export interface Emission {
  readonly op?: string;
  readonly domain?: string;
  readonly attributes?: Attributes;
  /** Extra int64 inputs behind the operator's own; `null` leaves an optional one out. `at` puts them before input number `at`. */
  readonly sizes?: readonly (readonly Dim[] | null)[];
  /** Replaces the default inputs (own inputs, then sizes) where ONNX wants another order: numbers index inputs, `"s0"` sizes, null skips. */
  readonly order?: readonly (number | `s${number}` | null)[];
}

/** The declaration of an operator: its shape rule, and either how it is written to ONNX or what it is made of. */
// biome-ignore lint/suspicious/noExplicitAny: the table holds operators of every attribute type; each family's functions are typed.
export interface OpSpec<A extends Attributes = any> {
  /** Types of the outputs; throws a text that names what does not fit. */
  infer(inputs: readonly (TensorType | null)[], attributes: A): TensorType[];
  /** The ONNX form when it differs from "same name, same attributes, same inputs". */
  emit?(attributes: A, node: Node): Emission;
  /** For operators that ONNX does not have, or that it has too slowly: the same in terms of others. Null keeps the operator. */
  lower?(inputs: readonly (Value | null)[], attributes: A, target: Target): readonly Value[] | null;
}
