/** @file Nearest names, for error messages that suggest what was meant. */

/** Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (Damerau-Levenshtein, restricted). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** Up to `count` of `names` that are closest to `name`, nearest first; those farther than half its length are left out. */
export function nearestNames(name: string, names: readonly string[], count = 3): string[] {
  const wanted = name.toLowerCase();
  return names
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(2, Math.ceil(Math.max(wanted.length, candidate.length) / 2)),
    )
    .sort((p, q) => p.distance - q.distance || p.candidate.localeCompare(q.candidate))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
