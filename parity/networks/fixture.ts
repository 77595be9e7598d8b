/** @file What a network fixture holds (section 4 of the fixtures' README). */

export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
  /** Sampled positions in row-major order, and the values there. */
  readonly idx: readonly number[];
  readonly values: readonly number[];
}

export interface FixtureGradient {
  readonly name: string;
  readonly norm?: number;
  /** Relative error of the reference's own float32 gradient. */
  readonly err?: number;
  readonly idx?: readonly number[];
  readonly values?: readonly number[];
  /** Zero up to rounding. */
  readonly zero?: boolean;
  /** The loss does not depend on it. */
  readonly none?: boolean;
}

export interface FixtureBatchNorm {
  readonly name: string;
  readonly running_mean_norm: number;
  readonly running_var_norm: number;
  readonly running_mean4: readonly number[];
  readonly running_var4: readonly number[];
}

export interface FixtureParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: "w" | "n" | "b" | "m" | "v" | "p" | "c";
  /** Power of two put on the filled values. */
  readonly scale?: number;
  /** An earlier entry that is the same tensor. */
  readonly alias?: string;
  readonly buffer?: boolean;
}

export interface FixtureTrain {
  readonly input: { readonly shape: readonly number[]; readonly seed: string };
  readonly target: { readonly shape: readonly number[]; readonly seed: string; readonly classes: number };
  readonly loss_is: string;
  readonly loss: number;
  readonly outputs: { readonly [name: string]: FixtureTensor };
  readonly batch_norm?: readonly FixtureBatchNorm[];
  readonly grads: readonly FixtureGradient[];
  readonly input_grad: FixtureGradient;
  readonly grad_median_norm: number;
}

export interface NetworkFixture {
  readonly case: string;
  readonly reference: { readonly project: string; readonly call: string };
  readonly generator: { readonly gain: number };
  readonly input: { readonly shape: readonly number[]; readonly seed: string };
  readonly notes?: readonly string[];
  readonly parameter_count: number;
  readonly state_l2: number;
  readonly f32_error: {
    readonly eval_max: number;
    readonly train_out_max?: number;
    readonly bn_stats?: number;
  };
  readonly eval: { readonly [name: string]: FixtureTensor };
  readonly train?: FixtureTrain;
  readonly params: readonly FixtureParameter[];
  readonly trace: readonly (readonly [name: string, shape: readonly number[], mean: number, std: number])[];
}
