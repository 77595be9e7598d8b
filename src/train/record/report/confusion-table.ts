/** @file The confusion matrix as a heat table, each row in percent of its true pixels, and the largest confusions in words. */
import { colourChip } from "./class-table.js";
import type { ReportClass } from "./data.js";
import { type Html, html } from "./html.js";
import { countText, percentText } from "./number-text.js";

/** With more classes a table of squares is neither legible nor small; the list of confusions remains. */
const mostClasses = 40;
const listed = 8;

type Counts = readonly (readonly number[])[];

/** The matrix and the list; rows are true classes, columns predicted ones. */
export function renderConfusion(classes: readonly ReportClass[], counts: Counts): Html {
  // The column behind the classes counts predictions of no class; it is shown only when there are any.
  const outside = counts.some((row) => (row[classes.length] ?? 0) > 0);
  const names = [...classes.map(({ name }) => name), ...(outside ? ["no class"] : [])];
  const table = classes.length <= mostClasses ? renderMatrix(classes, names, counts) : undefined;
  return html`${table}${renderList(classes, names, counts)}`;
}

function renderMatrix(classes: readonly ReportClass[], names: readonly string[], counts: Counts): Html {
  const head = names.map((name, column) => html`<th scope="col"><span>${chip(classes, column)}${name}</span></th>`);
  const rows = classes.map(({ name }, truth) => {
    const row = names.map((_, column) => counts[truth]?.[column] ?? 0);
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, column) =>
      renderCell(count, total, truth === column, `${name} taken for ${names[column]}`),
    );
    return html`<tr><th scope="row">${chip(classes, truth)}${name}</th>${cells}</tr>\n`;
  });
  return html`<div class="card scroll"><table class="confusion${classes.length > 20 ? " dense" : ""}">
<thead><tr><th class="corner"><span>predicted →</span><span>true ↓</span></th>${head}</tr></thead><tbody>${rows}</tbody></table></div>
`;
}

const chip = (classes: readonly ReportClass[], index: number): Html | undefined =>
  classes[index] ? colourChip(classes[index].colour) : undefined;

function renderCell(count: number, total: number, hit: boolean, what: string): Html {
  if (total === 0) return html`<td class="void"></td>`;
  const share = count / total;
  // Confusions are mostly a few percent: the square root keeps them visible beside hits near 100.
  const heat = Math.round(100 * (hit ? share : Math.sqrt(share)));
  const percent = 100 * share;
  const text = count === 0 ? "" : percent < 0.5 ? "·" : percent.toFixed(0);
  const title = `${hit ? what.replace(/ taken for .*$/s, ", right") : what}: ${percentText(share)} % (${countText(count)} pixels)`;
  return html`<td class="${hit ? "hit" : "miss"}" style="--heat:${heat}%" title="${title}">${text}</td>`;
}

function renderList(classes: readonly ReportClass[], names: readonly string[], counts: Counts): Html | undefined {
  const confusions = classes.flatMap((_, truth) => {
    const row = names.map((_, column) => counts[truth]?.[column] ?? 0);
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, column) =>
      column === truth || count === 0 ? [] : [{ truth, column, count, share: count / total }],
    );
  });
  if (confusions.length === 0) return undefined;
  // By pixels, not by share: a rare class is often lost whole and still matters little to the pictures.
  const top = confusions.sort((a, b) => b.count - a.count).slice(0, listed);
  return html`<div class="card"><h3>Largest confusions by pixels</h3><ol class="confusions">${top.map(
    ({ truth, column, count, share }) =>
      html`<li>${chip(classes, truth)}<b>${names[truth]}</b> taken for ${chip(classes, column)}<b>${names[column]}</b> <small>${percentText(share)} % of ${names[truth]}, ${countText(count)} pixels</small></li>\n`,
  )}</ol></div>
`;
}
