/**
 * @file Dropout (Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html), of single elements, of whole
 * channels (Tompson et al. 2015, https://arxiv.org/abs/1411.4280) and of whole branches. What is dropped is a pure function of the step's seed and
 * the layer's path: the same on every device and with any number of threads.
 *
 * The random numbers are calculated in the graph, in float32 arithmetic on whole numbers small enough to be exact, modulo a
 * prime p: along the last axis a polynomial `a + x*(b + x*c)`, whose values are uniform and three-wise independent where
 * a, b and c are random; these come from hashing seed, layer and the other coordinates by cubes, which permute the
 * residues because 3 does not divide p - 1. (About 100 small nodes a layer; the seed is hashed once for all layers.)
 */
import { ShapeError, UsageError } from "../errors/index.js";
import { staticShape } from "../graph/dim.js";
import {
  Add,
  Cast,
  Div,
  Expand,
  Floor,
  GreaterOrEqual,
  Mul,
  Reshape,
  Split,
  Squeeze,
  Sub,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { hash32, hashText } from "../util/random.js";
import type { NetworkState, Scope } from "./scope.js";

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

/** Three independent streams of hashing, one for each of the polynomial's coefficients; they run as one tensor. */
const streams = 3;

/** Whole numbers 0..size-1, modulo p, along one axis of a tensor of `rank` dimensions. */
function coordinates(like: Value, size: number, axis: number, rank: number): Value {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? size : 1));
  return like.graph.constant(
    Float32Array.from({ length: size }, (_, i) => i % prime),
    shape,
  );
}

/** Hashes inputs into a state, one after the other; `salt` sets the multipliers. The state is [3, ...] of any rank. */
class Absorber {
  private round = 0;
  private readonly salt: number;

  constructor(salt: number) {
    this.salt = salt;
  }

  /** The next multipliers: one in 1..p-1 for each stream, in the state's rank. */
  private key(like: Value): Value {
    const round = this.round++;
    const one = (stream: number): number => 1 + (hash32(this.salt ^ hash32(stream * 1024 + round)) % (prime - 1));
    return like.graph.constant(
      Float32Array.from({ length: streams }, (_, i) => one(i)),
      [streams, ...like.shape.slice(1).map(() => 1)],
    );
  }

  absorb(state: Value, input: Value | number): Value {
    const key = (): Value => this.key(state);
    const mixed = cube(modulo(Add(Mul(state, key()), input)));
    return modulo(Add(Mul(cube(modulo(Add(mixed, key()))), key()), key()));
  }
}

/** The step's seed, hashed: [3]. All layers of a graph go on from it. */
const hashedSeeds = new WeakMap<NetworkState["randomness"], Value>();

function hashedSeed(scope: Scope): Value {
  const { randomness } = scope.state;
  const known = hashedSeeds.get(randomness);
  if (known) return known;
  const all = digits(scope.state.seed());
  const hash = new Absorber(0);
  const state = all.slice(1).reduce((before, digit) => hash.absorb(before, digit), Expand(all[0]!, [streams]));
  hashedSeeds.set(randomness, state);
  return state;
}

/**
 * Pseudo-random whole numbers in [0, p) of the given shape, float32; `modulus` is p.
 *
 * @throws ShapeError for a symbolic size: randomness belongs to training, whose sizes are known.
 */
export function randomField(scope: Scope, shape: readonly number[]): { field: Value; modulus: number } {
  const rank = shape.length;
  return scope.run(() => {
    // A layer that is built twice, or draws twice, drops something else each time.
    const draws = scope.state.drawsAt(scope.path);
    const hash = new Absorber(hashText(draws === 0 ? scope.path : `${scope.path}#${draws}`));
    let state = Reshape(hashedSeed(scope), [streams, ...shape.map(() => 1)]);
    for (let axis = 0; axis < rank - 1; axis++)
      if (shape[axis]! > 1) state = hash.absorb(state, coordinates(state, shape[axis]!, axis + 1, rank + 1));
    const [a, b, c] = Split(hash.absorb(state, 0), 0, [1, 1, 1]).map((one) => Squeeze(one, [0])) as [
      Value,
      Value,
      Value,
    ];
    const x = coordinates(state, shape[rank - 1]!, rank - 1, rank);
    return { field: modulo(Add(a, Mul(modulo(Add(b, Mul(c, x))), x))), modulus: prime };
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
  // One row of all channels needs no hashing of image numbers; it is unlike itself for as long as the prime.
  const kept = mask(scope, n * c <= prime ? [n * c] : [n, c], rate, x);
  return scope.run(() => Mul(x, Reshape(kept, [n, c, 1, 1])));
}

/**
 * `dropout` of the whole of each image [N, ...], for a residual branch: with probability `rate` the image goes past the layer
 * (stochastic depth, Huang et al. 2016, https://arxiv.org/abs/1603.09382).
 */
export function dropPath(scope: Scope, branch: Value, rate: number): Value {
  checkRate(scope, rate);
  if (!scope.training || rate === 0) return branch;
  const [n, ...others] = knownShape(scope, branch) as [number, ...number[]];
  const kept = mask(scope, [n], rate, branch);
  return scope.run(() => Mul(branch, Reshape(kept, [n, ...others.map(() => 1)])));
}
