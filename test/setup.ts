/** @file The matcher `toBeAllclose`, for all tests: `|actual - expected| <= atol + rtol * |expected|`, element by element. */
import { expect } from "vitest";

interface Tolerance {
  rtol?: number;
  atol?: number;
}

declare module "vitest" {
  interface Matchers<T> {
    toBeAllclose(expected: ArrayLike<number>, tolerance?: Tolerance): T;
  }
}

expect.extend({
  toBeAllclose(actual: ArrayLike<number>, expected: ArrayLike<number>, { rtol = 1e-5, atol = 1e-6 }: Tolerance = {}) {
    if (actual.length !== expected.length)
      return { pass: false, message: () => `expected ${expected.length} numbers, got ${actual.length}` };
    let worst = -1;
    let excess = 0;
    for (let i = 0; i < actual.length; i++) {
      const [a, e] = [actual[i] as number, expected[i] as number];
      if (Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e))) continue;
      const over = Math.abs(a - e) - (atol + rtol * Math.abs(e));
      if (!(over <= 0) && (worst < 0 || !(over <= excess))) [worst, excess] = [i, over];
    }
    return {
      pass: worst < 0,
      message: () => `element ${worst} is ${actual[worst]}, expected ${expected[worst]} (rtol ${rtol}, atol ${atol})`,
    };
  },
});
