/** @file What a run leaves as it is: parameters that are not trained, and BatchNorm layers that keep their running statistics. */
import { UsageError } from "../errors/index.js";
import { encoderTensors, networkTensors } from "./encoder-tensors.js";
import type { Plan } from "./plan.js";
import type { NetworkSpec } from "./step.js";

export interface FrozenPart {
  /** Whether a parameter is not trained, by its name. */
  readonly parameter: (name: string) => boolean;
  /** Whether a BatchNorm layer keeps its statistics, by its path. */
  readonly norm: (path: string) => boolean;
}

/** Prefixes of encoders that are no encoders of the registry. */
const encoderPrefixes = ["encoder.", "backbone."];

const wrong = (found: string, expected: string, next: string): UsageError => new UsageError({ expected, found, next });

/** The tensors of the first `count` stages of the encoder, or of all of it. */
function encoderPart(
  network: NetworkSpec,
  size: readonly [number, number],
  count: number | "all",
): ReadonlySet<string> {
  const encoder = encoderTensors(network, size);
  if (!encoder) {
    const named = networkTensors(network, size).filter(({ name }) => encoderPrefixes.some((p) => name.startsWith(p)));
    if (count === "all" && named.length > 0) return new Set(named.map(({ name }) => name));
    throw wrong(
      `freezing the encoder of ${network.architecture.name}, which has none by name`,
      "a network over an encoder",
      "Add --encoder NAME, or leave out freeze.",
    );
  }
  const { stages } = encoder;
  if (count === "all") return stages.at(-1)!;
  if (count > stages.length)
    throw wrong(
      `freeze stages:${count}`,
      `stages:1 to stages:${stages.length}`,
      "Or freeze the whole encoder: encoder.",
    );
  return stages[count - 1]!;
}

/**
 * What the plan's `freeze` and `frozenNorm` mean for a network: `encoder` is all that its feature maps need, `stages:N` what the
 * first N need (map N has stride 2^N).
 *
 * @throws UsageError when the network has no encoder, or fewer stages.
 */
export function frozenPart(
  network: NetworkSpec,
  size: readonly [number, number],
  {
    freeze,
    frozenNorm,
  }: { readonly freeze: Plan["freeze"]["value"]; readonly frozenNorm: Plan["frozenNorm"]["value"] },
): FrozenPart {
  const [, stages] = freeze.split(":");
  const frozen: ReadonlySet<string> =
    freeze === "none" ? new Set() : encoderPart(network, size, stages === undefined ? "all" : Number(stages));
  const still =
    frozenNorm === "encoder" ? encoderPart(network, size, "all") : frozenNorm === "frozen" ? frozen : new Set<string>();
  return {
    parameter: (name) => frozen.has(name),
    norm: (path) => frozenNorm === "all" || still.has(`${path}.running_mean`),
  };
}
