/**
 * @file report.html of a run: curves, classes, confusion matrix, worst and best pictures, and the plan with its reasons.
 *
 * One file without scripts and without anything to load, so that it can be mailed, archived and opened offline.
 */
import { writeFileAtomic } from "../../util/files.js";
import { renderCalibration } from "./report/calibration.js";
import { renderChart } from "./report/chart.js";
import { colourChip, renderClassTable } from "./report/class-table.js";
import { renderConfusion } from "./report/confusion-table.js";
import type { ReportClass, ReportData, ReportPicture } from "./report/data.js";
import { type Html, html, trusted } from "./report/html.js";
import { renderPictures } from "./report/pictures.js";
import { style } from "./report/style.js";

export type {
  ReportCalibration,
  ReportChart,
  ReportChoice,
  ReportClass,
  ReportData,
  ReportFact,
  ReportLine,
  ReportPicture,
} from "./report/data.js";

/** A part of the page that the navigation leads to. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** Allows the page its own style and pictures and forbids everything else, whatever a name in it says. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * The report as one HTML page.
 *
 * @throws UsageError when a picture is neither PNG, JPEG nor WebP.
 */
export function renderReport(data: ReportData): string {
  const sections = listSections(data);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${data.title} – Segkit report</title><link rel="icon" href="data:,"><style>${trusted(style)}</style></head>
<body><main><header><h1>${data.title}</h1><p>${data.subtitle}</p>
<nav>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<dl class="facts">${data.facts.map(
    ({ label, value, note }) =>
      html`<div><dt>${label}</dt><dd>${value}${note === undefined ? undefined : html`<small>${note}</small>`}</dd></div>`,
  )}</dl></header>
${sections.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>${body}</section>\n`)}</main></body></html>
`.text;
}

/**
 * Writes the report; a crash leaves the one before.
 *
 * @throws FileError when it cannot be written.
 */
export function writeReport(file: string, data: ReportData): void {
  writeFileAtomic(file, renderReport(data));
}

function listSections({ charts, classes, confusion, calibration, worst, best, choices }: ReportData): Section[] {
  const sections: Section[] = [];
  const add = (shown: boolean, id: string, title: string, body: () => Html): void => {
    if (shown) sections.push({ id, title, body: body() });
  };
  add(charts.length > 0, "curves", "Curves", () => html`<div class="charts">${charts.map(renderChart)}</div>`);
  add(classes.length > 0, "classes", "Classes", () => renderClassTable(classes));
  add(confusion.length > 0, "confusion", "Confusion matrix", () => {
    const lead =
      "Each row is a true class: where its pixels went, in percent. Green is right, red is wrong; a dot is less than 0.5 %.";
    return html`<p class="lead">${lead}</p>${renderConfusion(classes, confusion)}`;
  });
  if (calibration) add(true, "confidence", "Confidence", () => renderCalibration(calibration));
  const pictures = (list: readonly ReportPicture[]) => (): Html => html`${legend(classes)}${renderPictures(list)}`;
  add(worst.length > 0, "worst", "Worst pictures", pictures(worst));
  add(best.length > 0, "best", "Best pictures", pictures(best));
  add(
    choices.length > 0,
    "plan",
    "How this run was set up, and why",
    () => html`<div class="card"><table class="plan">
<thead><tr><th>Choice</th><th>Value</th><th>Reason</th></tr></thead><tbody>${choices.map(
      ({ name, value, reason }) =>
        html`<tr><th scope="row">${name}</th><td><code>${value}</code></td><td>${reason}</td></tr>\n`,
    )}</tbody></table></div>`,
  );
  return sections;
}

const legend = (classes: readonly ReportClass[]): Html =>
  html`<div class="colours">${classes.map(({ name, colour }) => html`<span>${colourChip(colour)}${name}</span>`)}</div>`;
