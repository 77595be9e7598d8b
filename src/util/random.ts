/** @file Seeded random numbers: a counter hashed twice, so that any (seed, keys) pair opens its own stream without shared state. */

/** 32-bit hash of a number, mixing all its bits (the finalizer of Chris Wellons' hash prospector, "lowbias32"). */
export function hash32(value: number): number {
  let h = value >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x21f0aaad);
  h ^= h >>> 15;
  h = Math.imul(h, 0x735a2d97);
  h ^= h >>> 15;
  return h >>> 0;
}

/** FNV-1a over the UTF-8 bytes of a text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/**
 * A stream of random numbers named by a seed and any keys: `new Random(1, "augment", epoch, index)`.
 *
 * The same name gives the same stream on every machine and in every thread. `state` is the position in it.
 */
export class Random {
  private readonly base: number;
  /** How many numbers were drawn; writable, so that a stream can be resumed. */
  state = 0;

  constructor(seed: number, ...keys: (number | string)[]) {
    let base = hash32(seed ^ 0x9e3779b9);
    for (const key of keys) base = hash32(base ^ (typeof key === "string" ? hashText(key) : hash32(key + 0x51ed270b)));
    this.base = base;
  }

  /** Integer in [0, 2^32). */
  bits(): number {
    const index = this.state++;
    return hash32((this.base + Math.imul(index, 0x9e3779b9)) ^ Math.imul(Math.floor(index / 2 ** 32) + 1, 0x85ebca6b));
  }

  /** Number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.bits() / 2 ** 32;
  }

  /** Number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Normal deviate with mean 0 and variance 1 (Box-Muller; two uniforms each, so the stream's position stays a simple count). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The integers 0..n-1 in random order (Fisher-Yates). */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
