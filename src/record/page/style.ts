/** @file What the page of runs adds to the style sheet of reports. Hiding and showing is done here too: the page has no script. */

/**
 * Colour of a run: hues a golden angle apart, so that neighbours in the list differ most, whatever their number.
 *
 * @param light lightness in percent
 */
const colour = (run: number, light: number): string =>
  `hsl(${((211 + run * 137.508) % 360).toFixed(0)} ${run % 2 === 0 ? 72 : 58}% ${light}%)`;

/** Dashes of the runs after the first dozen, whose hues come near to one another. */
const dashes = ["none", "7 3", "2 3", "9 3 2 3"];

/** Rules for a number of runs: their colours, and what hides them. */
export function runRules(runs: number): string {
  const indices = Array.from({ length: runs }, (_, run) => run);
  const rules = indices.map((run) => {
    const dash = dashes[Math.min(dashes.length - 1, Math.floor(run / 12))]!;
    return [
      `.r${run} { --line: ${colour(run, 42)}; --dash: ${dash}; }`,
      `@media (prefers-color-scheme: dark) { .r${run} { --line: ${colour(run, 66)}; } }`,
      `body:has(#show-${run}:not(:checked)) .run.r${run} { display: none; }`,
      `body:has(.pick.r${run}:hover) .run:not(.r${run}) { opacity: 0.12; }`,
    ].join("\n");
  });
  return rules.join("\n");
}

export const pageStyle = `
main { max-width: 1500px; }
body:has(#by-steps:checked) .by-minutes, body:has(#by-minutes:checked) .by-steps { display: none; }
.layout { display: grid; grid-template-columns: minmax(230px, 320px) 1fr; gap: 20px; align-items: start; margin-top: 20px; }
.picks { position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow-y: auto; padding: 12px 14px; }
.picks h2 { margin: 0 0 8px; }
.across { display: flex; gap: 16px; margin: 0 0 10px; }
.pick { display: grid; grid-template-columns: auto 22px 1fr auto; gap: 8px; align-items: center; padding: 3px 0; cursor: pointer; }
.pick span { overflow-wrap: anywhere; line-height: 1.25; }
.pick b { font-weight: 500; font-variant-numeric: tabular-nums; color: var(--soft); }
.pick svg { width: 22px; height: 8px; }
.pick:has(input:not(:checked)) { opacity: 0.5; }
svg .run polyline, .pick line { fill: none; stroke: var(--line); stroke-width: 1.9; stroke-dasharray: var(--dash); }
svg .run polyline.near { stroke: transparent; stroke-width: 12; stroke-dasharray: none; }
svg .run circle { fill: var(--line); }
svg:has(.run:hover) .run:not(:hover) { opacity: 0.2; }
svg .run:hover polyline:not(.near) { stroke-width: 3; }
.runs { width: 100%; }
.runs th, .runs td { text-align: left; padding: 6px 14px 6px 0; border-top: 1px solid var(--edge); white-space: nowrap; }
.runs thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; }
.runs .number { text-align: right; }
@media (max-width: 860px) { .layout { grid-template-columns: 1fr; } .picks { position: static; max-height: none; } }
`;
