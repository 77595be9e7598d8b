/** @file What a row of the table of reference constructors is, and how rows build our networks. */
import { findEncoder } from "../../../src/encoders/registry.js";
import type { Value } from "../../../src/graph/types.js";
import type { NetworkOutputs } from "../../../src/models/model.js";
import type { GivenOptions } from "../../../src/models/options.js";
import { chooseNetwork } from "../../../src/models/registry.js";
import type { Scope } from "../../../src/nn/scope.js";
import type { Literal } from "../call.js";
import type { NetworkFixture } from "../fixture.js";

/** Our counterpart of a reference network, with all randomness off. */
export type ReferenceNetwork = (scope: Scope, image: Value) => NetworkOutputs;

export type Arguments = { readonly [name: string]: Literal };

export interface Reference {
  /** Text that the fixture's `reference.project` contains. */
  readonly project: string;
  readonly callee: string;
  /** Parameters of the constructor in order, with their defaults. */
  readonly parameters: Arguments;
  /** `rest` is what follows the call in the fixture's text. */
  network(given: Arguments, fixture: NetworkFixture, rest: string): ReferenceNetwork;
}

/** An architecture of the zoo with options. */
export const network = (name: string, options: GivenOptions, numClasses: Literal): ReferenceNetwork => {
  const choice = chooseNetwork(name, options);
  return (scope, image) => choice.architecture.build(scope, image, numClasses as number, choice.options);
};

/** An encoder as the classifier that its reference is: logits [N, numClasses]. */
export const classifier = (name: string, numClasses: Literal): ReferenceNetwork => {
  const encoder = findEncoder(name);
  return (scope, image) => ({ logits: encoder.classify(scope, image, numClasses as number) });
};

/** What the last resizing starts from: the output of references that leave resizing to their loss. */
export function beforeResizing(logits: Value): Value {
  const { source } = logits;
  if (source.kind !== "node" || source.node.op !== "Resize") throw new Error("the network does not end in a resizing");
  return source.node.inputs[0]!;
}

/** Requires an argument to have one of the values that we build. */
export function only(given: Arguments, name: string, ...values: Literal[]): void {
  if (!values.some((value) => JSON.stringify(value) === JSON.stringify(given[name])))
    throw new Error(
      `${name}=${JSON.stringify(given[name])} is not built, only ${values.map((v) => JSON.stringify(v)).join(" or ")}`,
    );
}
