/** @file Triangular waves between two rates. Smith: Cyclical Learning Rates, https://arxiv.org/abs/1506.01186 */
import { z } from "zod";
import { fraction, rate, scheduleKind, stepCount } from "./schedule.js";

/**
 * The rate climbs from `minimum` to the base rate in `up` steps and falls back in `down` (default: as many). With `halving`
 * each wave is half as high as the one before. Momentum falls from `maxMomentum` to `minMomentum` where the rate climbs.
 */
export const cyclic = scheduleKind(
  "cyclic",
  {
    minimum: rate,
    up: stepCount,
    down: stepCount.optional(),
    halving: z.boolean().default(false),
    minMomentum: fraction.default(0.8),
    maxMomentum: fraction.default(0.9),
  },
  ({ minimum, up, down = up, halving, minMomentum, maxMomentum }, run) => {
    const height = (step: number): number => {
      const wave = Math.floor(step / (up + down));
      const within = step - wave * (up + down);
      const share = within <= up ? within / up : (up + down - within) / down;
      return halving ? share / 2 ** wave : share;
    };
    return {
      learningRate: (step) => minimum + (run.learningRate - minimum) * height(step),
      momentum: (step) => maxMomentum - (maxMomentum - minMomentum) * height(step),
    };
  },
);
