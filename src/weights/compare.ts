/** @file Whether a file's tensors are those of a network: which are missing, which are too many, which have another shape. */
import { CheckpointError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import type { TensorSpec } from "./tensor.js";

/** A tensor whose shape or type differs. */
export interface TensorMismatch {
  readonly name: string;
  readonly expected: TensorSpec;
  readonly found: TensorSpec;
}

/** The differences between what a network asks for and what a file holds; three empty lists when they fit. */
export interface TensorDifference {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly mismatched: readonly TensorMismatch[];
}

/** How many names of each difference a message shows. */
const shown = 3;

type Specs = ReadonlyMap<string, TensorSpec>;

/** Compares names, shapes and types; the order of tensors does not matter. */
export function compareTensors(expected: Specs, found: Specs): TensorDifference {
  const mismatched: TensorMismatch[] = [];
  for (const [name, want] of expected) {
    const have = found.get(name);
    if (have && specText(have) !== specText(want)) mismatched.push({ name, expected: want, found: have });
  }
  return {
    missing: [...expected.keys()].filter((name) => !found.has(name)),
    extra: [...found.keys()].filter((name) => !expected.has(name)),
    mismatched,
  };
}

/**
 * Refuses tensors of another network, naming the first of each difference.
 *
 * @param expected what the network asks for
 * @param what how the message calls the source, e.g. `runs/a/checkpoints/best`
 * @throws CheckpointError when any tensor is missing, too many, or has another shape or type.
 */
export function requireTensors(
  expected: Specs,
  found: Specs,
  what: string,
  { next = "Use the model, encoder and classes that it was trained with." }: { readonly next?: string } = {},
): void {
  const { missing, extra, mismatched } = compareTensors(expected, found);
  const parts: string[] = [];
  if (mismatched.length > 0) {
    const texts = mismatched.map(({ name, expected: e, found: f }) => `${name} is ${specText(f)}, not ${specText(e)}`);
    parts.push(`${mismatched.length} of another shape (${first(texts)})`);
  }
  if (missing.length > 0) {
    // Only the names that are shown: a nearest name costs a comparison with every extra one.
    const texts = missing.map((name, index) => {
      const near = index < shown ? nearestNames(name, extra, 1)[0] : undefined;
      return near === undefined ? name : `${name}; there is ${near}`;
    });
    parts.push(`${missing.length} missing (${first(texts)})`);
  }
  if (extra.length > 0) parts.push(`${extra.length} too many (${first(extra)})`);
  if (parts.length > 0)
    throw new CheckpointError({
      found: `${what} holds the tensors of another network: ${parts.join(", ")}`,
      expected: `the ${expected.size} tensors of this network`,
      next,
    });
}

const specText = ({ dtype, shape }: TensorSpec): string => `${dtype}[${shape.join(", ")}]`;

function first(texts: readonly string[]): string {
  return texts.slice(0, shown).join(", ") + (texts.length > shown ? ", ..." : "");
}
