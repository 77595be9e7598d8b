/**
 * @file Leaves out the Reshape operators that change nothing, and those whose result another Reshape makes flat again. Where many small
 * tensors are laid end to end and taken apart, they are half of a model's nodes.
 */
import { dataTypes, type OnnxGraph, type OnnxNode, type OnnxTensor } from "./model.js";

/** Operators whose result has the shape that their operands broadcast to. */
const elementwise = new Set(
  [
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Sqrt",
    "Reciprocal",
    "Neg",
    "Abs",
    "Exp",
    "Log",
    "Sign",
    "Clip",
  ].concat([
    "Greater",
    "Less",
    "Equal",
    "GreaterOrEqual",
    "LessOrEqual",
    "And",
    "Or",
    "Not",
    "Where",
    "Cast",
    "Identity",
  ]),
);

/** The numbers of a constant of whole numbers; undefined for other tensors. */
function integersOf({ dataType, rawData }: OnnxTensor): number[] | undefined {
  return dataType === dataTypes.int64 && rawData
    ? Array.from(new BigInt64Array(Uint8Array.from(rawData).buffer), Number)
    : undefined;
}

/** The shape of a scalar [] or of a flat tensor [n], of which n may be unknown. */
type FlatShape = readonly [] | readonly [number | undefined];

/** What is known of shapes: of scalars and of flat tensors alone. */
class FlatShapes {
  private readonly shapes = new Map<string, FlatShape>();
  private readonly integers = new Map<string, number[]>();

  constructor({ input, initializer }: OnnxGraph) {
    for (const tensor of initializer) {
      const { name = "", dims } = tensor;
      this.note(name, dims);
      const integers = integersOf(tensor);
      if (integers) this.integers.set(name, integers);
    }
    for (const { name, type } of input) {
      const shape = type?.tensorType?.shape;
      const dims = shape && (shape.dim ?? []).map(({ dimValue }) => dimValue);
      if (dims?.every((dim) => dim !== undefined)) this.note(name, dims);
    }
  }

  of = (name: string): FlatShape | undefined => this.shapes.get(name);
  constant = (name: string | undefined): readonly number[] | undefined =>
    name === undefined ? undefined : this.integers.get(name);

  private note(name: string, dims: readonly (number | undefined)[]): void {
    if (dims.length < 2) this.shapes.set(name, dims.length === 0 ? [] : [dims[0]]);
  }

  /** Notes what a node makes of what is known. */
  follow({ opType, domain, input, output }: OnnxNode): void {
    if (domain) return;
    const [first, second] = input;
    if (opType === "Reshape") {
      const to = this.constant(second);
      if (to?.length === 1 && to[0]! > 0) this.note(output[0]!, to);
    } else if (opType === "Split" && this.of(first!)?.length === 1) {
      const parts = this.constant(second);
      if (parts) for (const [i, name] of output.entries()) this.note(name, [parts[i]!]);
    } else if (opType === "Concat") {
      // All of them have one rank.
      if (input.some((name) => this.of(name)?.length === 1)) this.note(output[0]!, [undefined]);
    } else if (elementwise.has(opType)) {
      const operands = input.filter((name) => name !== "").map((name) => this.of(name));
      if (operands.every((operand) => operand !== undefined))
        this.note(output[0]!, operands.some((operand) => operand.length === 1) ? [undefined] : []);
    }
  }
}

/** The same graph with as few Reshape operators as its results need. */
export function withoutIdleReshapes(graph: OnnxGraph): OnnxGraph {
  const shapes = new FlatShapes(graph);
  const results = new Set(graph.output.map(({ name }) => name));
  /** Values that are another one under a second name. */
  const same = new Map<string, string>();
  /** What each Reshape was made of. */
  const origin = new Map<string, string>();
  const kept: OnnxNode[] = [];
  for (const given of graph.node) {
    const node = { ...given, input: given.input.map((name) => same.get(name) ?? name) };
    shapes.follow(node);
    const [from, shape] = node.input as [string, string];
    const [to] = node.output as [string];
    const target = node.opType === "Reshape" ? shapes.constant(shape) : undefined;
    // A 0 copies a side of the input, so it says something else of another one.
    if (target?.every((side) => side > 0)) {
      const source = origin.get(from) ?? from;
      const known = shapes.of(source);
      if (known?.length === 1 && target.length === 1 && known[0] === target[0] && !results.has(to)) {
        same.set(to, source);
        continue;
      }
      origin.set(to, source);
      node.input = [source, shape];
    }
    kept.push(node);
  }
  return { ...graph, node: withoutUnused(kept, results) };
}

/** Reshapes that nobody reads any more are left out. */
function withoutUnused(nodes: readonly OnnxNode[], results: ReadonlySet<string>): OnnxNode[] {
  const read = new Set([...results, ...nodes.flatMap(({ input }) => input)]);
  return nodes.filter(({ opType, output }) => opType !== "Reshape" || read.has(output[0]!));
}
