/** @file The integer hash from which parity fixtures take weights, inputs and targets (section 1 of the fixtures' README). */

/** Seed of a name: FNV-1a over its UTF-8 bytes. */
export function seedOf(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** Number i of a seed's sequence, in [0, 1). */
export function uniform(seed: number, i: number): number {
  let h = seed + Math.imul(i, 0x9e3779b9);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/** The first `count` numbers of a name's sequence, each mapped and rounded once to float32. */
export function hashed(name: string, count: number, map: (u: number) => number = (u) => 2 * u - 1): Float32Array {
  const seed = seedOf(name);
  // Networks of 134 million weights are filled: a plain loop takes a quarter of the time that `from` takes.
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = map(uniform(seed, i));
  return values;
}
