/** @file The page of `segkit runs --html`: curves of all runs over one another, each with a switch, and their table. One file without scripts. */
import { type Html, html, trusted } from "../../train/record/report/html.js";
import { style } from "../../train/record/report/style.js";
import { writeFileAtomic } from "../../util/files.js";
import { fieldText } from "../field-text.js";
import type { RunRow } from "../run-fields.js";
import { chartsOf } from "./curves.js";
import { renderOverlay } from "./overlay.js";
import { pageStyle, runRules } from "./style.js";

/** Allows the page its own style and forbids everything else, whatever a name in it says. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

function picks(rows: readonly RunRow[]): Html {
  const entries = rows.map(({ run: { name }, fields }, i) => {
    const line = html`<svg viewBox="0 0 22 8"><line x1="0" x2="22" y1="4" y2="4"/></svg>`;
    const value = fields.get("val");
    const score = value === undefined ? "" : fieldText("val", value);
    return html`<label class="pick r${i}"><input type="checkbox" id="show-${i}" checked>${line}<span>${name}</span><b title="best validation mIoU">${score}</b></label>\n`;
  });
  return html`<aside class="card picks"><h2>Runs</h2><div class="across">
<label><input type="radio" name="across" id="by-steps" checked> steps</label>
<label><input type="radio" name="across" id="by-minutes"> minutes</label></div>${entries}</aside>`;
}

function tableOf(rows: readonly RunRow[], columns: readonly string[]): Html {
  const isNumber = (column: string): boolean => rows.some(({ fields }) => typeof fields.get(column) === "number");
  const kind = (column: string): string => (isNumber(column) ? "number" : "text");
  return html`<div class="card scroll"><table class="runs"><thead><tr>${columns.map(
    (column) => html`<th class="${kind(column)}">${column}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ({ fields }) =>
      html`<tr>${columns.map((column) => {
        const value = fields.get(column);
        return html`<td class="${kind(column)}">${value === undefined ? "–" : fieldText(column, value)}</td>`;
      })}</tr>\n`,
  )}</tbody></table></div>`;
}

/** The page. @param columns of its table */
export function renderPage(title: string, rows: readonly RunRow[], columns: readonly string[]): string {
  const charts = chartsOf(rows.map(({ run }) => run));
  const names = rows.map(({ run }) => run.name);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title} – Segkit runs</title><link rel="icon" href="data:,"><style>${trusted(`${style}${pageStyle}${runRules(rows.length)}`)}</style></head>
<body><main><header><h1>${title}</h1><p>${rows.length} runs</p></header>
<div class="layout">${picks(rows)}<div class="charts">${charts.map((chart) => renderOverlay(chart, names))}</div></div>
<h2>Table</h2>${tableOf(rows, columns)}</main></body></html>
`.text;
}

/** Writes the page. @throws FileError */
export function writePage(file: string, title: string, rows: readonly RunRow[], columns: readonly string[]): void {
  writeFileAtomic(file, renderPage(title, rows, columns));
}
