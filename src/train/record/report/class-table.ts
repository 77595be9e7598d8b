/** @file The table of classes: IoU as a bar, precision, recall, and how much of the truth each class is. */
import type { ReportClass } from "./data.js";
import { type Html, html } from "./html.js";
import { countText, percentText } from "./number-text.js";

/** A square in a class's colour. */
export function colourChip(colour: ReportClass["colour"]): Html {
  return html`<i class="chip" style="background:rgb(${colour.map((value) => Math.round(Number(value))).join(" ")})"></i>`;
}

/** The classes as a table; those without true pixels are marked. */
export function renderClassTable(classes: readonly ReportClass[]): Html {
  const total = classes.reduce((sum, { pixels }) => sum + pixels, 0);
  return html`<div class="card scroll"><table class="classes">
<thead><tr><th>Class</th><th class="bar">IoU %</th><th>Precision %</th><th>Recall %</th><th>True pixels</th><th>Share %</th></tr></thead>
<tbody>${classes.map((row) => renderRow(row, total))}</tbody></table></div>
`;
}

function renderRow({ name, colour, iou, precision, recall, pixels }: ReportClass, total: number): Html {
  const absent = pixels === 0;
  // An absent class that was predicted somewhere has an IoU of 0; one that was not has none.
  const tag = absent ? html`<em>${iou === null ? "absent" : "not in the truth"}</em>` : undefined;
  const width = Math.round(100 * Math.min(1, Math.max(0, iou ?? 0)));
  return html`<tr${absent ? html` class="absent"` : undefined}><th scope="row">${colourChip(colour)}${name}${tag}</th>
<td class="bar"><span><i style="width:${width}%"></i></span><b>${percentText(iou)}</b></td>
<td>${percentText(precision)}</td><td>${percentText(recall)}</td><td>${countText(pixels)}</td><td>${percentText(total > 0 ? pixels / total : null)}</td></tr>
`;
}
