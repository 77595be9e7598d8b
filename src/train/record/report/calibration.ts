/** @file How far confidences can be trusted: scores, reliability and coverage. */
import { renderChart } from "./chart.js";
import type { ReportCalibration } from "./data.js";
import { type Html, html } from "./html.js";

/** The paragraph, the table of scores, and the charts side by side. */
export function renderCalibration({ lead, columns, scores, charts }: ReportCalibration): Html {
  return html`<p class="lead">${lead}</p><div class="card scroll"><table class="classes">
<thead><tr><th>Score</th>${columns.map((name) => html`<th>${name}</th>`)}</tr></thead><tbody>${scores.map(
    ({ name, values }) =>
      html`<tr><th scope="row">${name}</th>${values.map((value) => html`<td>${value === null ? "–" : value.toFixed(4)}</td>`)}</tr>\n`,
  )}</tbody></table></div><div class="charts">${charts.map(renderChart)}</div>`;
}
