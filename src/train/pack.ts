/**
 * @file Packing: the small tensors that live from step to step cross into ONNX Runtime and back as one.
 *
 * Each tensor that crosses costs JavaScript objects, and the garbage that they become; an operator on a small one costs far less. ENet with
 * AdamW and averages has 1785 of them, each in and out. `npm run bench -- zoo --only enet`: 140 ms a step without, 102 with.
 */
import { withoutIdleReshapes } from "../onnx/idle-reshapes.js";
import { attributeTypes, dataTypes, type OnnxGraph, type OnnxModel, type OnnxNode } from "../onnx/model.js";
import { elementCount, type PackMember } from "../runtime/index.js";
import type { ResidentTensor } from "./step.js";

/** Elements up to which a tensor is packed: 64 kB. */
const mostElements = 2 ** 14;

/** What packed tensors are called in the model and in the host. */
export const packName = "packed";

/** The residents that are packed, laid end to end. */
export function packMembers(residents: readonly ResidentTensor[]): PackMember[] {
  let offset = 0;
  return residents
    .filter(({ shape }) => elementCount(shape) <= mostElements)
    .map(({ name, shape }) => {
      const member = { name, shape, offset };
      offset += elementCount(shape);
      return member;
    });
}

const bytesOf = (values: readonly number[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer);

/** Along the only axis. */
const attribute = [{ name: "axis", type: attributeTypes.int, i: 0 }];

/** Adds nodes to a graph, with the constants that they need. */
class Additions {
  readonly nodes: OnnxNode[] = [];
  private readonly constants = new Map<string, string>();

  constructor(
    private readonly graph: OnnxGraph,
    private readonly place: string,
  ) {}

  private integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = `${packName}/${this.place} ${this.constants.size}`;
    this.graph.initializer.push({ name, dims: [values.length], dataType: dataTypes.int64, rawData: bytesOf(values) });
    this.constants.set(key, name);
    return name;
  }

  reshape(from: string, to: string, shape: readonly number[]): void {
    this.nodes.push({ opType: "Reshape", name: `${to}/unpack`, input: [from, this.integers(shape)], output: [to] });
  }

  split(from: string, to: readonly string[], sizes: readonly number[]): void {
    const input = [from, this.integers(sizes)];
    this.nodes.push({ opType: "Split", name: `${packName}/split`, input, output: [...to], attribute });
  }

  concat(from: readonly string[], to: string): void {
    const name = `${packName}/concat`;
    this.nodes.push({ opType: "Concat", name, input: [...from], output: [to], attribute });
  }
}

const vector = (name: string, size: number): OnnxGraph["input"][number] => ({
  name,
  type: { tensorType: { elemType: dataTypes.float32, shape: { dim: [{ dimValue: size }] } } },
});

/**
 * The model with `packed` [n] in place of the members among its inputs, and `next packed` in place of the outputs that replace
 * members; all else stays as it is.
 *
 * @param writes the resident that each output replaces
 * @returns the model with what its outputs replace; the same where nothing is written, but for the inputs
 */
export function packModel(
  model: OnnxModel,
  members: readonly PackMember[],
  writes: { readonly [output: string]: string },
): { model: OnnxModel; writes: { readonly [output: string]: string } } {
  if (members.length < 2) return { model, writes };
  const { graph } = model;
  const names = new Set(members.map(({ name }) => name));
  const writtenBy = new Map(Object.entries(writes).map(([output, name]) => [name, output]));
  const replaced = new Set(members.flatMap(({ name }) => writtenBy.get(name) ?? []));
  const total = members.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const constants = { ...graph, initializer: [...graph.initializer] };
  const [before, after] = [new Additions(constants, "before"), new Additions(constants, "after")];
  const inputs = new Set(graph.input.map(({ name }) => name));
  const piece = (name: string): string => `${packName}/${name}`;
  before.split(
    packName,
    members.map(({ name }) => piece(name)),
    members.map(({ shape }) => elementCount(shape)),
  );
  for (const { name, shape } of members) if (inputs.has(name)) before.reshape(piece(name), name, shape);
  const input = [...graph.input.filter(({ name }) => !names.has(name)), vector(packName, total)];
  if (replaced.size === 0)
    return {
      model: { ...model, graph: withoutIdleReshapes({ ...constants, input, node: [...before.nodes, ...graph.node] }) },
      writes,
    };
  const ends = members.map(({ name, shape }) => {
    const output = writtenBy.get(name);
    if (output === undefined) return piece(name);
    after.reshape(output, `${piece(name)}/next`, [elementCount(shape)]);
    return `${piece(name)}/next`;
  });
  const next = `next ${packName}`;
  after.concat(ends, next);
  return {
    model: {
      ...model,
      graph: withoutIdleReshapes({
        ...constants,
        input,
        node: [...before.nodes, ...graph.node, ...after.nodes],
        output: [...graph.output.filter(({ name }) => !replaced.has(name)), vector(next, total)],
      }),
    },
    writes: {
      ...Object.fromEntries(Object.entries(writes).filter(([output]) => !replaced.has(output))),
      [next]: packName,
    },
  };
}
