/**
 * @file Fitting a checkpoint's tensors to a network: all of it, its encoder alone, or with a head for other classes. What does not
 * fit is an error that names tensors, before anything is computed with them.
 */
import { CheckpointError } from "../errors/index.js";
import { adapt, imageChannels } from "./adapt.js";
import { requireTensors } from "./compare.js";
import { auxiliaryHeads, classifierHeads } from "./names.js";
import { bestReading, type Reading } from "./readings.js";
import type { NamedTensor, NamedTensors, TensorSpec } from "./tensor.js";

/** The network that is to be started from a checkpoint. */
export interface TargetNetwork {
  /** Its parameters and buffers, in the order of its layers. */
  readonly tensors: ReadonlyMap<string, TensorSpec>;
  readonly numClasses: number;
  /** Names of all tensors of the classifier that its encoder comes from: those beyond the encoder are no surprise. */
  readonly classifier?: ReadonlySet<string>;
}

export interface FitOptions {
  /** How messages call the checkpoint. */
  readonly what: string;
  /** Takes what fits and leaves the rest, whatever it is. */
  readonly partial?: boolean;
  /** Whether the file holds constants beside weights, as ONNX models do: then no tensor is too many. */
  readonly constants?: boolean;
}

/** What became of the tensors of both. */
export interface FitReport {
  /** How the checkpoint's names were read, e.g. `as encoder`; empty for names as they are. */
  readonly reading: string;
  /** Names of the network's tensors that come from the checkpoint, adapted ones included. */
  readonly loaded: readonly string[];
  /** Those of them whose shape was changed, with how. */
  readonly adapted: readonly { readonly name: string; readonly how: string }[];
  /** Names of the network's tensors that keep their random start. */
  readonly left: readonly string[];
  /** Names in the checkpoint that have no place in the network. */
  readonly ignored: readonly string[];
}

export interface FittedWeights {
  readonly tensors: Map<string, NamedTensor>;
  readonly report: FitReport;
}

/** How many names messages and reports show. */
const shown = 3;

/** Whether shapes differ only where ours counts classes: a head that was trained for other ones. */
const isOtherHead = (want: TensorSpec, found: TensorSpec, numClasses: number): boolean =>
  want.shape.length === found.shape.length &&
  want.shape.every((size, axis) => size === found.shape[axis] || size === numClasses);

/**
 * The tensors of a checkpoint under a network's names and in its shapes.
 *
 * The first convolution is adapted to the image's channels. Left at their start are: tensors of another number of classes,
 * auxiliary heads that one of the two lacks, and, where the checkpoint is a classifier that the network's encoder
 * comes from, everything else. With `partial` whatever does not fit.
 *
 * @throws CheckpointError naming the first tensors that are missing, too many or of another shape.
 */
export function fitWeights(found: NamedTensors, network: TargetNetwork, options: FitOptions): FittedWeights {
  const { tensors: ours, numClasses } = network;
  const reading = bestReading(ours, found);
  const renamed = new Map(Array.from(found, ([theirs, tensor]) => [reading.rename(theirs), tensor]));
  const channels = imageChannels(ours, (name) => renamed.get(name));
  const covered = (name: string): boolean => reading.covers?.test(name) ?? true;
  const tensors = new Map<string, NamedTensor>();
  const adapted: { name: string; how: string }[] = [];
  const ignored: string[] = [];
  /** What an exact checkpoint would be, against what this one is. */
  const [wanted, present] = [new Map<string, TensorSpec>(), new Map<string, TensorSpec>()];
  for (const [theirs, tensor] of found) {
    const name = reading.rename(theirs);
    if (name === null) continue;
    const want = ours.get(name);
    if (!want) {
      ignored.push(theirs);
      if (!mayIgnore(name, reading, network)) present.set(name, tensor);
      continue;
    }
    if (want.shape.join() === tensor.shape.join()) tensors.set(name, tensor);
    else {
      const changed = adapt(tensor, want, channels);
      if (changed) {
        tensors.set(name, changed.tensor);
        adapted.push({ name, how: changed.how });
      } else if (!covered(name)) ignored.push(theirs);
      else if (!isOtherHead(want, tensor, numClasses)) {
        wanted.set(name, want);
        present.set(name, tensor);
      }
    }
  }
  const left = [...ours.keys()].filter((name) => !tensors.has(name));
  for (const name of left)
    if (!renamed.has(name) && covered(name) && !auxiliaryHeads.test(name)) wanted.set(name, ours.get(name)!);
  if (tensors.size === 0) throw nothingFits(found, network, options);
  if (!options.partial) requireFit(tensors, wanted, present, network, options);
  return { tensors, report: { reading: reading.title, loaded: [...tensors.keys()], adapted, left, ignored } };
}

/** Whether a tensor of the file, under the name it would have here, may be without a place. */
function mayIgnore(name: string, { prefix, covers }: Reading, { classifier }: TargetNetwork): boolean {
  if (auxiliaryHeads.test(name)) return true;
  // Only a checkpoint of a part may have more than that part.
  if (covers === undefined) return false;
  const own = name.slice(prefix.length);
  return classifierHeads.test(own) || (name.startsWith(prefix) && (classifier?.has(own) ?? false));
}

const first = (names: Iterable<string>): string => [...names].slice(0, shown).join(", ");

const nothingFits = (found: NamedTensors, { tensors }: TargetNetwork, { what }: FitOptions): CheckpointError =>
  new CheckpointError({
    found: `${what} holds no tensor of this network, but ${first(found.keys())}, ...`,
    expected: `tensors such as ${first(tensors.keys())}`,
    next: "Use the model and encoder that it was trained with.",
  });

function requireFit(
  tensors: NamedTensors,
  wanted: ReadonlyMap<string, TensorSpec>,
  present: Map<string, TensorSpec>,
  { tensors: ours }: TargetNetwork,
  { what, constants = false }: FitOptions,
): void {
  if (constants) for (const name of present.keys()) if (!wanted.has(name)) present.delete(name);
  // Tensors that fit stand on both sides, so that the message counts the whole network.
  const fitting = new Map(Array.from(tensors.keys(), (name): [string, TensorSpec] => [name, ours.get(name)!]));
  requireTensors(new Map([...fitting, ...wanted]), new Map([...fitting, ...present]), what, {
    next: "Use the model, encoder and classes that it was trained with, or --set partialWeights=true to take what fits.",
  });
}

const listed = (names: readonly string[]): string =>
  `${names.length} (${first(names)}${names.length > shown ? ", ..." : ""})`;

/** A report in one sentence. */
export function fitText({ reading, loaded, adapted, left, ignored }: FitReport): string {
  return [
    `${loaded.length} of ${loaded.length + left.length} tensors loaded${reading === "" ? "" : ` (${reading})`}`,
    ...adapted.map(({ name, how }) => `${name} adapted ${how}`),
    ...(left.length > 0 ? [`left at their random start: ${listed(left)}`] : []),
    ...(ignored.length > 0 ? [`not used of the file: ${listed(ignored)}`] : []),
  ].join("; ");
}
