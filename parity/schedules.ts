/** @file Parity of learning rate schedules: 50 rates (and momenta) of torch.optim.lr_scheduler a case. */
import { buildSchedule, plateau, type Schedule, type ScheduleOptions } from "../src/schedules/index.js";
import { checkCase, type ParityCase } from "./case.js";

/** The schedules' options as PyTorch names them. */
interface Options {
  readonly kind: string;
  readonly power: number;
  readonly total: number;
  readonly step_size: number;
  readonly milestones: number[];
  readonly parts: string[];
  readonly gamma: number;
  readonly T_max: number;
  readonly T_0: number;
  readonly T_mult: number;
  readonly eta_min: number;
  readonly max_lr: number;
  readonly base_lr: number;
  readonly total_steps: number;
  readonly anneal: "cos" | "linear";
  readonly pct_start: number;
  readonly div_factor: number;
  readonly final_div_factor: number;
  readonly three_phase?: boolean;
  readonly base_momentum: number;
  readonly max_momentum: number;
  readonly start_factor: number;
  readonly factor: number;
  readonly total_iters: number;
  readonly step_size_up: number;
  readonly step_size_down?: number;
  readonly mode: string;
  readonly metric: number[];
  readonly patience: number;
  readonly threshold: number;
  readonly threshold_mode: "rel" | "abs";
  readonly cooldown: number;
  readonly min_lr: number;
}

interface Fixture {
  readonly cases: readonly {
    readonly name: string;
    readonly options: Options;
    readonly lr: readonly number[];
    readonly momentum?: readonly number[];
  }[];
}

/** Rate that the cases are scaled by, unless they name another. */
const base = 0.1;

/** PyTorch's options as ours; the base rate where it is not the common one. */
const translate: {
  readonly [kind: string]: (options: Options) => ScheduleOptions & { base?: number };
} = {
  poly: ({ power, total }) => ({ name: "poly", power, steps: total }),
  step: ({ step_size, gamma }) => ({ name: "step", every: step_size, gamma }),
  multistep: ({ milestones, gamma }) => ({ name: "multistep", milestones, gamma }),
  exponential: ({ gamma }) => ({ name: "exponential", gamma }),
  cosine: ({ T_max, eta_min }) => ({ name: "cosine", steps: T_max, minimum: eta_min }),
  cosine_warm_restarts: ({ T_0, T_mult, eta_min }) => ({
    name: "cosineRestarts",
    period: T_0,
    growth: T_mult,
    minimum: eta_min,
  }),
  one_cycle: (options) => ({
    base: options.max_lr,
    name: "oneCycle",
    steps: options.total_steps,
    shape: options.anneal === "cos" ? "cosine" : "linear",
    rise: options.pct_start,
    divisor: options.div_factor,
    finalDivisor: options.final_div_factor,
    threePhase: options.three_phase ?? false,
    minMomentum: options.base_momentum,
    maxMomentum: options.max_momentum,
  }),
  linear: ({ start_factor, total_iters }) => ({
    name: "constant",
    warmup: { steps: total_iters, from: start_factor },
  }),
  constant: ({ factor, total_iters }) => ({
    name: "constant",
    warmup: { steps: total_iters, from: factor, shape: "constant" },
  }),
  // Its parts are stated in words.
  sequential: ({ milestones, parts }) => {
    const from = /^linear ([\d.]+)->1 over \d+$/.exec(parts[0]!)![1];
    const steps = /^cosine T_max (\d+)$/.exec(parts[1]!)![1];
    return { name: "cosine", steps: Number(steps), warmup: { steps: milestones[0]!, from: Number(from) } };
  },
  cyclic: (options) => ({
    base: options.max_lr,
    name: "cyclic",
    minimum: options.base_lr,
    up: options.step_size_up,
    down: options.step_size_down ?? options.step_size_up,
    halving: options.mode === "triangular2",
    minMomentum: options.base_momentum,
    maxMomentum: options.max_momentum,
  }),
};

/** A plateau schedule as a function of the step: the metrics are given. */
function plateauOf(options: Options): Schedule {
  const metrics = options.metric;
  const rateAfter = plateau(
    {
      better: options.mode === "min" ? "smaller" : "larger",
      factor: options.factor,
      patience: options.patience,
      threshold: options.threshold,
      thresholdMode: options.threshold_mode === "rel" ? "relative" : "absolute",
      cooldown: options.cooldown,
      minimum: options.min_lr,
    },
    base,
  );
  return { learningRate: (step) => rateAfter(metrics.slice(0, step)) };
}

function scheduleOf(options: Options): Schedule {
  if (options.kind === "plateau") return plateauOf(options);
  const { base: rate = base, ...ours } = translate[options.kind]!(options);
  return buildSchedule(ours, { learningRate: rate, steps: 50 });
}

/** Cases of optim/schedules.json. */
export async function* scheduleCases(fixture: Fixture): AsyncIterable<ParityCase> {
  // The rates are stored with 9 digits, hence an absolute tolerance.
  for (const { name, options, lr, momentum } of fixture.cases)
    yield checkCase(`optim/schedules ${name}`, { rtol: 0, atol: 1e-9 }, (check) => {
      const schedule = scheduleOf(options);
      check.numbers(
        "lr",
        lr.map((_, step) => schedule.learningRate(step)),
        lr,
      );
      if (momentum)
        check.numbers(
          "momentum",
          momentum.map((_, step) => schedule.momentum!(step)),
          momentum,
        );
    });
}
