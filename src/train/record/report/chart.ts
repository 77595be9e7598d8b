/** @file A chart as inline SVG: axes with ticks, curves, and a strip per place that shows its values when pointed at. */
import { type Axis, linearAxis, logAxis } from "./axis.js";
import type { ReportChart } from "./data.js";
import { type Html, html } from "./html.js";
import { countText, valueText } from "./number-text.js";
import { type Drawn, thin } from "./thin.js";

/** Units of the SVG's own coordinates; the page scales it. */
const size = { width: 480, height: 250, left: 52, right: 14, top: 12, bottom: 38 };
/** Points a curve is drawn with at most; more would draw the noise of single steps instead of the course of the run. */
const columns = 120;
/** Strips that can be pointed at. */
const strips = 100;

interface DrawnLine {
  readonly name: string;
  readonly index: number;
  readonly stretches: readonly Drawn[][];
}

/** The chart as a figure with its legend. */
export function renderChart(chart: ReportChart): Html {
  const usable = (y: number | null): boolean => y !== null && (chart.scale !== "log" || y > 0);
  const lines: DrawnLine[] = chart.lines.map(({ name, points }, index) => ({
    name,
    index,
    stretches: thin(
      points.map(([x, y]) => [x, usable(y) ? y : null]),
      columns,
    ),
  }));
  const drawn = lines.flatMap(({ stretches }) => stretches.flat());
  const bounds = drawn.flatMap(({ low, high }) => [low, high]);
  const places = [
    ...chart.lines.flatMap(({ points }) => points.map(([place]) => place)),
    ...(chart.mark ? [chart.mark.x] : []),
  ];
  const x = linearAxis(places, 6, { tight: true });
  const y = chart.scale === "log" ? logAxis(bounds) : linearAxis(bounds, 5);
  const legend = html`<span class="legend">${lines.map(({ name, index }) => html`<span><i class="s${index % 6}"></i>${name}</span>`)}</span>`;
  const body =
    drawn.length === 0
      ? html`<text class="none" x="${size.width / 2}" y="${size.height / 2}">no values yet</text>`
      : [
          frame(x, y, chart.xLabel),
          mark(chart, x),
          lines.map((line) => curve(line, x, y)),
          pointers(chart, lines, x, y),
        ];
  return html`<figure class="card chart"><figcaption><b>${chart.title}</b>${legend}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${summary(chart, lines)}">${body}</svg></figure>
`;
}

const px = (axis: Axis, value: number): string =>
  (size.left + axis.place(value) * (size.width - size.left - size.right)).toFixed(1);
const py = (axis: Axis, value: number): string =>
  (size.height - size.bottom - axis.place(value) * (size.height - size.top - size.bottom)).toFixed(1);

function frame(x: Axis, y: Axis, xLabel: string): Html {
  const [right, bottom] = [size.width - size.right, size.height - size.bottom];
  return html`<g class="axis">${y.ticks.map(
    ({ value, text }) =>
      html`<line x1="${size.left}" x2="${right}" y1="${py(y, value)}" y2="${py(y, value)}"/><text class="y" x="${size.left - 7}" y="${py(y, value)}">${text}</text>`,
  )}${x.ticks.map(
    ({ value, text }) =>
      html`<line x1="${px(x, value)}" x2="${px(x, value)}" y1="${bottom}" y2="${bottom + 4}"/><text class="x" x="${px(x, value)}" y="${bottom + 16}">${text}</text>`,
  )}<text class="label" x="${right}" y="${size.height - 4}">${xLabel}</text></g>`;
}

function mark({ mark: place }: ReportChart, x: Axis): Html | undefined {
  if (!place) return undefined;
  const at = px(x, place.x);
  // Text stands on the side with more room.
  const side = x.place(place.x) > 0.5 ? "end" : "start";
  const shift = side === "end" ? -5 : 5;
  return html`<g class="mark"><line x1="${at}" x2="${at}" y1="${size.top}" y2="${size.height - size.bottom}"/><text text-anchor="${side}" x="${Number(at) + shift}" y="${size.top + 8}">${place.label}</text></g>`;
}

function curve({ stretches, index }: DrawnLine, x: Axis, y: Axis): Html[] {
  return stretches.map((stretch) => {
    const path = stretch.map((point) => `${px(x, point.x)},${py(y, point.y)}`);
    // A point between two gaps has no length: drawn as a dot.
    if (path.length === 1)
      return html`<circle class="dot s${index % 6}" r="2.5" cx="${px(x, stretch[0]!.x)}" cy="${py(y, stretch[0]!.y)}"/>`;
    const high = stretch.map((point) => `${px(x, point.x)},${py(y, point.high)}`);
    const low = stretch.map((point) => `${px(x, point.x)},${py(y, point.low)}`).reverse();
    const spread = stretch.some((point) => point.low !== point.high);
    return html`${spread ? html`<polygon class="spread s${index % 6}" points="${[...high, ...low].join(" ")}"/>` : undefined}<polyline class="s${index % 6}" points="${path.join(" ")}"/>`;
  });
}

/** Strips side by side; each shows a dot on every curve that has a point in it, and their values as its title. */
function pointers(chart: ReportChart, lines: readonly DrawnLine[], x: Axis, y: Axis): Html[] {
  const places = [...new Set(lines.flatMap(({ stretches }) => stretches.flat().map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const every = Math.ceil(places.length / strips);
  const groups = Array.from({ length: Math.ceil(places.length / every) }, (_, i) =>
    places.slice(i * every, (i + 1) * every),
  );
  const edges = groups.map((group, i) => (i === 0 ? group[0]! : (groups[i - 1]!.at(-1)! + group[0]!) / 2));
  return groups.map((group, i) => {
    const left = Number(px(x, edges[i]!));
    const right = Number(px(x, edges[i + 1] ?? group.at(-1)!));
    const found = lines.flatMap(({ name, index, stretches }) => {
      const inside = stretches.flat().filter((point) => point.x >= group[0]! && point.x <= group.at(-1)!);
      const point = inside[inside.length >> 1];
      return point ? [{ name, index, point }] : [];
    });
    const title = found.map(({ name, point }) => `${name} ${valueText(point.y)}`).join("\n");
    const at = `${chart.xLabel} ${countText(found[0]!.point.x)}`;
    const dots = found.map(
      ({ index, point }) =>
        html`<circle class="dot s${index % 6}" r="3.5" cx="${px(x, point.x)}" cy="${py(y, point.y)}"/>`,
    );
    // The outermost strips are widened to the frame's edge, so that a single point can be met at all.
    const from = i === 0 ? Math.min(left, Number(px(x, group[0]!)) - 4) : left;
    const width = Math.max(3, right - from + (i === groups.length - 1 ? 4 : 0));
    return html`<g class="at"><rect x="${from.toFixed(1)}" y="${size.top}" width="${width.toFixed(1)}" height="${size.height - size.top - size.bottom}"/>${dots}<title>${at}\n${title}</title></g>`;
  });
}

/** The chart in words, for those who do not see it. */
function summary({ title }: ReportChart, lines: readonly DrawnLine[]): string {
  const texts = lines.map(({ name, stretches }) => {
    const points = stretches.flat();
    if (points.length === 0) return `${name} has no values`;
    return `${name} from ${valueText(points[0]!.y)} to ${valueText(points.at(-1)!.y)}`;
  });
  return `${title}: ${texts.join(", ")}`;
}
