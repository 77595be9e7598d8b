/** @file A chart of many runs as inline SVG: one group a run, so that the page can hide it and lift it out. */
import { type Axis, linearAxis } from "../../train/record/report/axis.js";
import { type Html, html } from "../../train/record/report/html.js";
import { valueText } from "../../train/record/report/number-text.js";
import { thin } from "../../train/record/report/thin.js";
import type { CurveChart, RunCurve } from "./curves.js";

/** Units of the SVG's own coordinates; the page scales it. */
const size = { width: 640, height: 330, left: 54, right: 14, top: 12, bottom: 38 };
/** Points a curve is drawn with at most. */
const columns = 200;
/** Share of the values, at either end, that may lie outside of the frame: one exploding run would flatten all others. */
const outside = 0.01;

const px = (axis: Axis, value: number): string =>
  (size.left + axis.place(value) * (size.width - size.left - size.right)).toFixed(1);
const py = (axis: Axis, value: number): string => {
  const place = Math.min(1.02, Math.max(-0.02, axis.place(value)));
  return (size.height - size.bottom - place * (size.height - size.top - size.bottom)).toFixed(1);
};

/** The range that holds all values but the outermost. */
function inner(values: readonly number[]): number[] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const cut = Math.floor(outside * sorted.length);
  return sorted.length === 0 ? [] : [sorted[cut]!, sorted[sorted.length - 1 - cut]!];
}

function frame(x: Axis, y: Axis, across: string): Html {
  const [right, bottom] = [size.width - size.right, size.height - size.bottom];
  return html`<g class="axis">${y.ticks.map(
    ({ value, text }) =>
      html`<line x1="${size.left}" x2="${right}" y1="${py(y, value)}" y2="${py(y, value)}"/><text class="y" x="${size.left - 7}" y="${py(y, value)}">${text}</text>`,
  )}${x.ticks.map(
    ({ value, text }) =>
      html`<line x1="${px(x, value)}" x2="${px(x, value)}" y1="${bottom}" y2="${bottom + 4}"/><text class="x" x="${px(x, value)}" y="${bottom + 16}">${text}</text>`,
  )}<text class="label" x="${right}" y="${size.height - 4}">${across}</text></g>`;
}

function curve({ run, points }: RunCurve, name: string, x: Axis, y: Axis): Html {
  const last = points.at(-1)!;
  const values = points.map(([, value]) => value);
  const title = `${name}: last ${valueText(last[1])}, lowest ${valueText(Math.min(...values))}, highest ${valueText(Math.max(...values))}`;
  const drawn = thin(points, columns).map((stretch) => {
    const path = stretch.map((point) => `${px(x, point.x)},${py(y, point.y)}`);
    // A point between two gaps has no length: drawn as a dot.
    if (path.length === 1) return html`<circle r="3" cx="${px(x, stretch[0]!.x)}" cy="${py(y, stretch[0]!.y)}"/>`;
    // The wide line cannot be seen; it is what the pointer meets.
    return html`<polyline class="near" points="${path.join(" ")}"/><polyline points="${path.join(" ")}"/>`;
  });
  return html`<g class="run r${run}">${drawn}<title>${title}</title></g>`;
}

/** The chart as a figure. @param names of the runs by their place */
export function renderOverlay({ title, across, curves }: CurveChart, names: readonly string[]): Html {
  const points = curves.flatMap(({ points: all }) => all);
  const x = linearAxis(
    points.map(([place]) => place),
    6,
    { tight: true },
  );
  const y = linearAxis(inner(points.map(([, value]) => value)), 5);
  const label = `${title} over ${across} of ${curves.length} runs`;
  return html`<figure class="card chart by-${across}"><figcaption><b>${title}</b></figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">${frame(x, y, across)}${curves.map(
    (one) => curve(one, names[one.run]!, x, y),
  )}</svg></figure>
`;
}
