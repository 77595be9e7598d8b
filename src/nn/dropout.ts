/**
 * @file Dropout (Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html), of single elements and of whole
 * channels (Tompson et al. 2015, https://arxiv.org/abs/1411.4280). What is dropped is a pure function of the step's seed and
 * the layer's path: the same on every device and with any number of threads.
 *
 * The random numbers are calculated in the graph, in float32 arithmetic on whole numbers small enough to be exact, modulo a
 * prime p: along the last axis a polynomial `a + x*(b + x*c)`, whose values are uniform and three-wise independent where
 * a, b and c are random; these come from hashing seed, layer and the other coordinates by cubes, which permute the
 * residues because 3 does not divide p - 1.
 */
import { ShapeError, UsageError } from "../errors/index.js";
import { staticShape } from "../graph/dim.js";
import { Add, Cast, Div, Floor, GreaterOrEqual, Mul, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { hash32, hashText } from "../util/random.js";
import type { Scope } from "./scope.js";

/** The largest products are p*p + p: there `(t + 1/2) / p` is exact enough in float32 to be rounded down rightly. */
const prime = 1811;

/** `t mod p` for whole numbers 0 <= t <= p*p + p. */
const modulo = (t: Value): Value => Sub(t, Mul(Floor(Mul(Add(t, 0.5), 1 / prime)), prime));

const cube = (t: Value): Value => modulo(Mul(modulo(Mul(t, t)), t));

/** The seed [1] as three digits to the base p, each a float32 [1]. */
function digits(seed: Value): Value[] {
  const quotient = Div(seed, prime);
  const digit = (value: Value, above: Value): Value => Cast(Sub(value, Mul(above, prime)), "float32");
  const above = Div(quotient, prime);
  return [digit(seed, quotient), digit(quotient, above), Cast(above, "float32")];
}

/** Whole numbers 0..size-1, modulo p, along one axis of a tensor of `rank` dimensions. */
function coordinates(like: Value, size: number, axis: number, rank: number): Value {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? size : 1));
  return like.graph.constant(
    Float32Array.from({ length: size }, (_, i) => i % prime),
    shape,
  );
}

/**
 * Pseudo-random whole numbers in [0, p) of the given shape, float32; `modulus` is p.
 *
 * @throws ShapeError for a symbolic size: randomness belongs to training, whose sizes are known.
 */
export function randomField(scope: Scope, shape: readonly number[]): { field: Value; modulus: number } {
  const seed = digits(scope.state.seed());
  const rank = shape.length;
  const layer = hashText(scope.path);
  // Three independent chains of hashing give the polynomial's coefficients for each row.
  const coefficient = (chain: number): Value => {
    const key = (round: number): number => 1 + (hash32(layer ^ hash32(chain * 64 + round)) % (prime - 1));
    let round = 0;
    const absorb = (state: Value, input: Value): Value => {
      const mixed = cube(modulo(Add(Mul(state, key(round++)), input)));
      return modulo(Add(Mul(cube(modulo(Add(mixed, key(round++)))), key(round++)), key(round++)));
    };
    let state = modulo(Add(seed[0]!, key(round++)));
    for (const digit of seed.slice(1)) state = absorb(state, digit);
    for (let axis = 0; axis < rank - 1; axis++)
      if (shape[axis]! > 1) state = absorb(state, coordinates(state, shape[axis]!, axis, rank));
    return absorb(state, state.graph.scalar(0));
  };
  return scope.run(() => {
    const x = coordinates(seed[0]!, shape[rank - 1]!, rank - 1, rank);
    const inner = modulo(Add(coefficient(1), Mul(coefficient(2), x)));
    return { field: modulo(Add(coefficient(0), Mul(inner, x))), modulus: prime };
  });
}

/** 0 for what is dropped and 1/(1 - rate) for what stays, of the given shape. */
function mask(scope: Scope, shape: readonly number[], rate: number, like: Value): Value {
  const { field, modulus } = randomField(scope, shape);
  const dropped = Math.round(rate * modulus);
  return scope.run(() => Mul(Cast(GreaterOrEqual(field, dropped), like.dtype), modulus / (modulus - dropped)));
}

function knownShape(scope: Scope, x: Value): number[] {
  const shape = staticShape(x.shape);
  if (!shape)
    throw new ShapeError({ layer: scope.path, expected: "known sizes while training", found: "symbolic ones" });
  return shape;
}

function checkRate(scope: Scope, rate: number): void {
  if (!(rate >= 0 && rate < 1))
    throw new UsageError({ expected: "a dropout rate in [0, 1)", found: `${rate} for ${scope.path || "the network"}` });
}

/**
 * In train mode each element is zero with probability `rate` (rounded to 1/1811) and otherwise scaled up so that the mean
 * stays; in eval mode the tensor itself.
 */
export function dropout(scope: Scope, x: Value, rate: number): Value {
  checkRate(scope, rate);
  if (!scope.training || rate === 0) return x;
  const kept = mask(scope, knownShape(scope, x), rate, x);
  return scope.run(() => Mul(x, kept));
}

/** `dropout` of whole channels of [N, C, H, W], each image and channel by itself. */
export function dropout2d(scope: Scope, x: Value, rate: number): Value {
  checkRate(scope, rate);
  if (!scope.training || rate === 0) return x;
  const [n, c] = knownShape(scope, x) as [number, number];
  const kept = mask(scope, [n, c, 1, 1], rate, x);
  return scope.run(() => Mul(x, kept));
}
