/** @file Curves as an SVG picture with a legend. */

export interface Line {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Labels {
  readonly x: string;
  readonly y: string;
}

const colours = "#222222 #1f77b4 #7fb2dd #0b4a7a #17a2a2 #8a6d3b #d62728 #ff7f0e #9467bd #2ca02c #999999".split(" ");

const [width, height, margin, legend] = [760, 340, 46, 230];

/** Where values lie: 0 is left out when all of them are far above it. */
function scale(values: readonly number[]): { from: number; to: number; ticks: number[] } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((size) => (most - least) / size <= 8) ?? 0.5;
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step)];
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toFixed(4)));
  return { from: from * step, to: to * step, ticks };
}

/** The curves over a common x axis; `places` are the marks on it, by default five from 0 to the last point. */
export function drawLines(lines: readonly Line[], labels: Labels, places?: readonly number[]): string {
  const all = lines.flatMap(({ points }) => points);
  const last = Math.max(...all.map(([x]) => x));
  const marks = places ?? [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last));
  const { from, to, ticks } = scale(all.map(([, y]) => y));
  const x = (value: number): string => (margin + ((width - margin - legend) * value) / last).toFixed(1);
  const y = (value: number): string =>
    (height - margin - ((height - 2 * margin) * (value - from)) / (to - from)).toFixed(1);
  const body = [
    ...ticks.map(
      (tick) =>
        `<path d="M ${margin} ${y(tick)} H ${width - legend}" stroke="#e6ebf0"/><text x="${margin - 6}" y="${Number(y(tick)) + 3}" text-anchor="end">${tick}</text>`,
    ),
    ...marks.map((mark) => `<text x="${x(mark)}" y="${height - margin + 16}" text-anchor="middle">${mark}</text>`),
    ...lines.flatMap(({ title, points }, i) => {
      const colour = colours[i % colours.length];
      const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ");
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${path}"/>`,
        `<text x="${width - legend + 12}" y="${margin + 18 * i}" style="fill:${colour}">${title}</text>`,
      ];
    }),
    `<text x="${(width - legend + margin) / 2}" y="${height - 10}" text-anchor="middle">${labels.x}</text>`,
    `<text x="${margin - 30}" y="${margin - 18}">${labels.y}</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><style>text{font:11px sans-serif;fill:#44566a}</style><rect width="100%" height="100%" fill="#fff"/>
${body.join("\n")}</svg>
`;
}
